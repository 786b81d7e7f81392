import { z } from 'zod';
import { apiAddress } from '../api-address.ts';

const KEY = 'must be an API key with its data centre at the end, for example 0123abcd-us6';

export const mailchimpSettings = z
  .object({
    MAILCHIMP_API_KEY: z.string({ error: KEY }).min(1, { error: KEY }),
    MAILCHIMP_LIST_ID: z
      .string({ error: 'must be the id of the audience (Settings, Audience name and defaults)' })
      .regex(/^[0-9A-Za-z]{1,40}$/, { error: 'must be the id of the audience (Settings, Audience name and defaults)' }),
    /** Overrides the address that the key names. */
    MAILCHIMP_URL: z
      .url({ protocol: /^https?$/, error: 'must be an http(s) address, with or without /3.0' })
      .optional(),
  })
  .refine((all) => all.MAILCHIMP_URL !== undefined || dataCentreOf(all.MAILCHIMP_API_KEY) !== null, {
    error: KEY,
    path: ['MAILCHIMP_API_KEY'],
  });

export type MailchimpSettings = z.infer<typeof mailchimpSettings>;

/** The API's address without a trailing slash. */
export function baseAddress({ MAILCHIMP_URL, MAILCHIMP_API_KEY }: MailchimpSettings): string {
  if (MAILCHIMP_URL === undefined) return `https://${dataCentreOf(MAILCHIMP_API_KEY)}.api.mailchimp.com/3.0`;
  const bare = apiAddress(MAILCHIMP_URL);
  return bare.endsWith('/3.0') ? bare : `${bare}/3.0`;
}

function dataCentreOf(key: string): string | null {
  return /-([a-z]{2,5}\d{1,4})$/.exec(key)?.[1] ?? null;
}
