import { z } from 'zod';
import { SyncError } from '../../sync/sync-error.ts';

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

/** PHP's empty object is a list. */
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
  /** Where the audience has GDPR fields. */
  marketing_permissions: z
    .array(z.looseObject({ marketing_permission_id: z.string(), text: z.string(), enabled: z.boolean() }))
    .nullish(),
  /** Whole seconds. */
  last_changed: z.string().nullish(),
});

export type Member = z.infer<typeof member>;

export const anyMembers = z.looseObject({ members: z.array(z.unknown()), total_items: z.number() });

/** Of a field, and of nothing else. */
const NAME = /^[\w.:[\]-]{1,80}$/;

const problem = z.looseObject({
  title: z.string(),
  detail: z.string().nullish(),
  errors: z
    .array(z.looseObject({ field: z.string().nullish() }))
    .nullish()
    .catch([]),
});

/** What of a refusal is told: its title, which Mailchimp keeps, and the merge fields that it names. Never its words. */
export interface Refusal {
  readonly title: string;
  readonly fields: readonly string[];
  readonly looksFake: boolean;
}

export const listBatch = z.looseObject({
  new_members: z.array(z.unknown()),
  updated_members: z.array(z.unknown()),
});

export const mergeFields = z.looseObject({
  merge_fields: z.array(z.looseObject({ tag: z.string(), type: z.string().nullish() })),
});
export const categories = z.looseObject({ categories: z.array(z.looseObject({ id: z.string(), title: z.string() })) });
export const category = z.looseObject({ id: z.string() });
export const interests = z.looseObject({ interests: z.array(z.looseObject({ id: z.string(), name: z.string() })) });
export const memberTags = z.looseObject({
  tags: z.array(z.looseObject({ name: z.string() })),
  total_items: z.number(),
});
export const anything = z.unknown();

/** Null: it is not Mailchimp's own answer (a firewall's page, an empty body). */
export function readRefusal(body: string): Refusal | null {
  try {
    const { title, errors, detail } = problem.parse(JSON.parse(body));
    const fields = (errors ?? []).flatMap(({ field }) => (field != null && NAME.test(field) ? [field] : []));
    // Its words alone tell a fake address from any other invalid value; the address itself may say anything.
    const words = (detail ?? '').replaceAll(/\S*@\S*/g, '');
    return { title, fields, looksFake: /fake|valid email|real email/i.test(words) };
  } catch {
    return null;
  }
}

/** @throws SyncError of class `contract`, naming the place and never a value. */
export function readAnswer<T>(schema: z.ZodType<T>, body: string, what: string): T {
  try {
    return schema.parse(JSON.parse(body));
  } catch (error) {
    const place = error instanceof z.ZodError ? ` at ${error.issues[0]?.path.join('.') ?? ''}` : ': it is no JSON';
    throw new SyncError('contract', `MailChimp's answer to ${what} does not fit its contract${place}`, {
      code: 'contract',
    });
  }
}
