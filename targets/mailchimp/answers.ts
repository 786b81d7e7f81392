import { z } from 'zod';
import { MOST_ITEMS, readBody } from '../answer.ts';

export const MEMBER_FIELDS = [
  'id',
  'email_address',
  'status',
  'merge_fields',
  'interests',
  'language',
  'tags',
  'tags_count',
  'marketing_permissions',
  'last_changed',
] as const;

/** PHP encodes an empty object as a list. */
const emptyList = z.array(z.never()).transform((): Record<string, never> => ({}));

export const member = z.looseObject({
  id: z.string().regex(/^[0-9a-f]{32}$/),
  email_address: z.string(),
  status: z.string(),
  merge_fields: z.record(z.string(), z.unknown()).or(emptyList).nullish(),
  interests: z.record(z.string(), z.boolean()).or(emptyList).nullish(),
  language: z.string().nullish(),
  tags: z.array(z.looseObject({ name: z.string() })).nullish(),
  tags_count: z.number().nullish(),
  /** Only if the audience has GDPR fields. */
  marketing_permissions: z
    .array(z.looseObject({ marketing_permission_id: z.string(), text: z.string(), enabled: z.boolean() }))
    .nullish(),
  /** Whole seconds. */
  last_changed: z.string().nullish(),
});

export type Member = z.infer<typeof member>;

export const anyMembers = z.looseObject({ members: z.array(z.unknown()).max(MOST_ITEMS), total_items: z.number() });

/** Only field names. Some contain blanks: `email address`. */
const NAME = /^[\w.:[\] -]{1,80}$/;

const problem = z.looseObject({
  title: z.string(),
  detail: z.string().nullish(),
  errors: z
    .array(z.looseObject({ field: z.string().nullish() }))
    .nullish()
    .catch([]),
});

/** What we read of a refusal. `refused` decides which of it is reported. */
export interface Refusal {
  readonly title: string;
  readonly fields: readonly string[];
  readonly looksFake: boolean;
  /** Temporary: ends after some hours. */
  readonly passes: boolean;
}

/** Somebody reported a mail as spam. */
export const abuseReport = z.looseObject({
  /** The member's id. */
  email_id: z.string().regex(/^[0-9a-f]{32}$/),
  email_address: z.string(),
  date: z.string().nullish(),
});

export const abuseReports = z.looseObject({ abuse_reports: z.array(z.unknown()).max(MOST_ITEMS) });

/** The audience's campaign sender. */
export const sender = z.looseObject({
  campaign_defaults: z.looseObject({ from_email: z.string().nullish() }).nullish(),
});

export const listBatch = z.looseObject({
  new_members: z.array(z.unknown()).max(MOST_ITEMS),
  updated_members: z.array(z.unknown()).max(MOST_ITEMS),
});

/** The possible types of a merge field. */
const MERGE_TYPES = [
  'text',
  'number',
  'address',
  'phone',
  'date',
  'url',
  'imageurl',
  'radio',
  'dropdown',
  'birthday',
  'zip',
] as const;

export const mergeFields = z.looseObject({
  merge_fields: z.array(
    z.looseObject({
      tag: z.string(),
      type: z.enum([...MERGE_TYPES, 'unknown']).catch('unknown'),
      /** For a phone field: `US`, or any other value for international numbers. */
      options: z.looseObject({ phone_format: z.string().nullish() }).nullish().catch(null),
    }),
  ),
});
export const categories = z.looseObject({ categories: z.array(z.looseObject({ id: z.string(), title: z.string() })) });
export const category = z.looseObject({ id: z.string() });
export const interests = z.looseObject({ interests: z.array(z.looseObject({ id: z.string(), name: z.string() })) });
export const memberTags = z.looseObject({
  tags: z.array(z.looseObject({ name: z.string() })),
  total_items: z.number(),
});
export const anything = z.unknown();

/** Titles that Mailchimp documents or is known to use. Any other is untrusted text and is not reported. */
export const KNOWN_TITLES = [
  'Bad Request',
  'Forgotten Email Not Subscribed',
  'Invalid Resource',
  'Member Exists',
  'Member In Compliance State',
  'Method Not Allowed',
  'Resource Not Found',
] as const;

/** Mailchimp's text about an address is at the beginning. */
const LONGEST_WORDS = 1_000;

/** Null if it is not Mailchimp's own answer (a firewall's page, or an empty body). */
export function readRefusal(body: string): Refusal | null {
  const found = readBody(problem, body);
  if (found === null) return null;
  const fields = (found.errors ?? []).flatMap(({ field }) =>
    field != null && NAME.test(field) ? [field.trim().replaceAll(' ', '_')] : [],
  );
  const words = ownWords(found.detail ?? '');
  return {
    title: found.title.slice(0, LONGEST_WORDS),
    fields,
    looksFake: /fake|valid email|real email/i.test(words),
    passes: /signed up to a lot of lists/i.test(words),
  };
}

/**
 * Some refusals differ only in their text. It quotes the address, which may contain anything, so the address is
 * removed.
 */
function ownWords(detail: string): string {
  return detail
    .slice(0, LONGEST_WORDS)
    .split(/\s+/)
    .filter((word) => !word.includes('@'))
    .join(' ');
}
