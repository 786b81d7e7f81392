import { z } from 'zod';

const URL_TEXT = 'must be the http(s) address of ChatWoot, without /api/v1';
const TOKEN = "must be the access token of an administrator (ChatWoot's profile page shows it)";
const ACCOUNT = "must be the account's number, as in ChatWoot's addresses (/app/accounts/1)";
const INBOX = 'must be the number of the inbox that conversations from EMS are opened in';

const id = (error: string) =>
  z
    .string({ error })
    .regex(/^[1-9]\d{0,15}$/, { error })
    .transform(Number);

export const chatwootSettings = z.object({
  CHATWOOT_URL: z.url({ protocol: /^https?$/, error: URL_TEXT }),
  CHATWOOT_ACCOUNT_ID: id(ACCOUNT),
  CHATWOOT_TOKEN: z.string({ error: TOKEN }).min(1, { error: TOKEN }),
  CHATWOOT_INBOX_ID: id(INBOX),
  /**
   * Off: what ChatWoot says of a person's name, e-mail and phone is a proposal for an operator. On: EMS takes it over;
   * refused unless every website inbox validates its visitors.
   */
  CHATWOOT_TRUST_CONTACTS: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default('false')
    .transform((word) => word === 'true'),
  /** Off: EMS's messages are private notes. On: messages that are not private in EMS are sent to the person. */
  CHATWOOT_SEND_PUBLIC: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default('false')
    .transform((word) => word === 'true'),
});

export type ChatwootSettings = z.infer<typeof chatwootSettings>;
