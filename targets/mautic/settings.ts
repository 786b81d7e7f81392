import { z } from 'zod';

const USER = 'must be set together with MAUTIC_PASSWORD, or else MAUTIC_CLIENT_ID with MAUTIC_CLIENT_SECRET';

const optional = z.string().min(1).optional();

/** Either a user (Basic) or a client (OAuth2 client credentials); both have to be allowed in Mautic's API settings. */
export const mauticSettings = z
  .object({
    MAUTIC_URL: z.url({ protocol: /^https?$/, error: 'must be the http(s) address of Mautic, without /api' }),
    MAUTIC_USERNAME: optional,
    MAUTIC_PASSWORD: optional,
    MAUTIC_CLIENT_ID: optional,
    MAUTIC_CLIENT_SECRET: optional,
  })
  .refine(
    (all) =>
      isWhole(all.MAUTIC_USERNAME, all.MAUTIC_PASSWORD) !== isWhole(all.MAUTIC_CLIENT_ID, all.MAUTIC_CLIENT_SECRET),
    {
      error: USER,
      path: ['MAUTIC_USERNAME'],
    },
  );

export type MauticSettings = z.infer<typeof mauticSettings>;

const isWhole = (name: string | undefined, secret: string | undefined) => name !== undefined && secret !== undefined;
