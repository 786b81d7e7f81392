import { z } from 'zod';

const optional = z.string().min(1).optional();

type Given = Readonly<Record<string, unknown>>;

/** Checks that one setting of a pair is not set without the other, and reports it under the other's name. */
function beside(name: string, other: string): Parameters<z.ZodObject['refine']> {
  const isWhole = (all: Given) => all[name] !== undefined || all[other] === undefined;
  return [isWhole, { path: [name], error: `is needed beside ${other}`, when: ALWAYS }];
}

/** Runs even if another setting is wrong, so that all problems are reported at once. */
const ALWAYS = () => true;

const hasUser = (all: Given) => all['MAUTIC_USERNAME'] !== undefined || all['MAUTIC_PASSWORD'] !== undefined;
const hasClient = (all: Given) => all['MAUTIC_CLIENT_ID'] !== undefined || all['MAUTIC_CLIENT_SECRET'] !== undefined;

/** Either a user (Basic) or a client (OAuth2 client credentials); both must be allowed in Mautic's API settings. */
export const mauticSettings = z
  .object({
    MAUTIC_URL: z.url({ protocol: /^https?$/, error: 'must be the http(s) address of Mautic, without /api' }),
    MAUTIC_USERNAME: optional,
    MAUTIC_PASSWORD: optional,
    MAUTIC_CLIENT_ID: optional,
    MAUTIC_CLIENT_SECRET: optional,
  })
  .refine(...beside('MAUTIC_USERNAME', 'MAUTIC_PASSWORD'))
  .refine(...beside('MAUTIC_PASSWORD', 'MAUTIC_USERNAME'))
  .refine(...beside('MAUTIC_CLIENT_ID', 'MAUTIC_CLIENT_SECRET'))
  .refine(...beside('MAUTIC_CLIENT_SECRET', 'MAUTIC_CLIENT_ID'))
  .refine((all) => hasUser(all) || hasClient(all), {
    path: ['MAUTIC_USERNAME'],
    error: 'is needed with MAUTIC_PASSWORD, or else MAUTIC_CLIENT_ID with MAUTIC_CLIENT_SECRET',
    when: ALWAYS,
  })
  .refine((all) => !hasUser(all) || !hasClient(all), {
    path: ['MAUTIC_CLIENT_ID'],
    error: 'must not be set beside MAUTIC_USERNAME: either a user or a client',
    when: ALWAYS,
  });

export type MauticSettings = z.infer<typeof mauticSettings>;
