import { z } from 'zod';

const optional = z.string().min(1).optional();

const PAIRS = [
  ['MAUTIC_USERNAME', 'MAUTIC_PASSWORD'],
  ['MAUTIC_CLIENT_ID', 'MAUTIC_CLIENT_SECRET'],
] as const;

/** Either a user (Basic) or a client (OAuth2 client credentials); either has to be allowed in Mautic's API settings. */
export const mauticSettings = z
  .object({
    MAUTIC_URL: z.url({ protocol: /^https?$/, error: 'must be the http(s) address of Mautic, without /api' }),
    MAUTIC_USERNAME: optional,
    MAUTIC_PASSWORD: optional,
    MAUTIC_CLIENT_ID: optional,
    MAUTIC_CLIENT_SECRET: optional,
  })
  .check((checked) => {
    const { value, issues } = checked;
    const add = (name: string, message: string) =>
      issues.push({ code: 'custom', input: undefined, path: [name], message });
    for (const [name, secret] of PAIRS) {
      if (value[name] !== undefined && value[secret] === undefined) add(secret, `is needed beside ${name}`);
      if (value[name] === undefined && value[secret] !== undefined) add(name, `is needed beside ${secret}`);
    }
    const begun = PAIRS.filter((pair) => pair.some((setting) => value[setting] !== undefined));
    if (begun.length === 0)
      add('MAUTIC_USERNAME', 'is needed with MAUTIC_PASSWORD, or else MAUTIC_CLIENT_ID with MAUTIC_CLIENT_SECRET');
    if (begun.length > 1) add('MAUTIC_CLIENT_ID', 'must not be set beside MAUTIC_USERNAME: either a user or a client');
  });

export type MauticSettings = z.infer<typeof mauticSettings>;
