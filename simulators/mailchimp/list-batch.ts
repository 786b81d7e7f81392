import { z } from 'zod';
import { fieldErrors } from './http.ts';
import { subscriberHash } from './identity.ts';
import type { Mailchimp } from './mailchimp.ts';
import { type MemberBody, batchMember } from './member-body.ts';
import { memberShape } from './member-shape.ts';
import { type Manner, changeMember, memberAt, upsertMember } from './member-writes.ts';
import { Problem, invalidFields } from './problem.ts';
import type { Member } from './records.ts';
import { startAutomations, withTags } from './tags.ts';

export const MAX_MEMBERS = 500;

export const listBatchBody = z.object({
  members: z.array(z.unknown()),
  update_existing: z.boolean().optional(),
  sync_tags: z.boolean().optional(),
});

interface BatchError {
  readonly email_address: string;
  readonly error: string;
  readonly error_code: 'ERROR_CONTACT_EXISTS' | 'ERROR_GENERIC';
  readonly field: string;
  readonly field_message: string;
}

type Outcome =
  | { readonly kind: 'created' | 'updated'; readonly member: ReturnType<typeof memberShape> }
  | { readonly kind: 'error'; readonly error: BatchError };

const failed = (
  email: string,
  error: string,
  {
    code = 'ERROR_GENERIC',
    field = '',
    message = '',
  }: { code?: BatchError['error_code']; field?: string; message?: string } = {},
): Outcome => ({
  kind: 'error',
  error: { email_address: email, error, error_code: code, field, field_message: message },
});

export interface ListBatch extends z.output<typeof listBatchBody> {
  readonly manner: Manner;
  readonly skipDuplicateCheck: boolean;
}

/**
 * Adds and updates up to 500 members, independently: a failed one is reported in `errors`, and the call succeeds even
 * if all of them fail.
 *
 * @throws Problem 400 for more than 500
 */
export function writeListBatch(mailchimp: Mailchimp, batch: ListBatch) {
  if (batch.members.length > MAX_MEMBERS) {
    throw invalidFields([{ field: 'members', message: `Please send at most ${MAX_MEMBERS} members` }]);
  }
  const seen = new Set<string>();
  const outcomes = batch.members.map((sent) => writeOne(mailchimp, sent, batch, seen));
  const created = outcomes.flatMap((outcome) => (outcome.kind === 'created' ? [outcome.member] : []));
  const updated = outcomes.flatMap((outcome) => (outcome.kind === 'updated' ? [outcome.member] : []));
  const errors = outcomes.flatMap((outcome) => (outcome.kind === 'error' ? [outcome.error] : []));
  return {
    new_members: created,
    updated_members: updated,
    errors,
    total_created: created.length,
    total_updated: updated.length,
    error_count: errors.length,
    _links: [{ rel: 'self', href: `/3.0/lists/${mailchimp.list.id}`, method: 'GET' }],
  };
}

function writeOne(mailchimp: Mailchimp, sent: unknown, batch: ListBatch, seen: Set<string>): Outcome {
  const parsed = batchMember.safeParse(sent);
  if (!parsed.success) {
    const [first] = fieldErrors(parsed.error, sent);
    return failed(addressIn(sent), first?.message ?? '', { field: first?.field ?? '', message: first?.message ?? '' });
  }
  const member = parsed.data;
  const email = member.email_address ?? '';
  const hash = subscriberHash(email);
  if (seen.has(hash) && !batch.skipDuplicateCheck) {
    return failed(email, `${email} is in this request more than once.`);
  }
  seen.add(hash);
  const known = memberAt(mailchimp, hash);
  if (known !== undefined && batch.update_existing !== true) {
    return failed(
      email,
      `${email} is already a list member, do you want to update? please provide update_existing:true in the request body`,
      { code: 'ERROR_CONTACT_EXISTS' },
    );
  }
  try {
    const written = upsertMember(mailchimp, known, understood(mailchimp, member), batch.manner);
    const kept = tagsAfter(mailchimp, written.member, member, batch);
    return { kind: written.kind, member: memberShape(mailchimp, kept) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const [first] = error.errors ?? [];
    return failed(email, error.message, { field: first?.field ?? '', message: first?.message ?? '' });
  }
}

/** Removes what the list call does not know. */
function understood({ settings }: Mailchimp, member: MemberBody): MemberBody {
  if (settings.listCallKnowsStatusIfNew) return member;
  const { status_if_new: _, ...known } = member;
  return known;
}

/** Adds tags, also to an existing member; with `sync_tags` they replace all of the member's tags. */
function tagsAfter(mailchimp: Mailchimp, member: Member, { tags = [] }: MemberBody, { sync_tags, manner }: ListBatch) {
  if (sync_tags !== true) {
    const after = withTags(mailchimp, member.tags, tags);
    startAutomations(mailchimp, member, after);
    return changeMember(mailchimp, member, { ...member, tags: after }, manner.source);
  }
  const named = withTags(mailchimp, [], tags);
  const after = named.map((tag) => member.tags.find(({ id }) => id === tag.id) ?? tag);
  return changeMember(mailchimp, member, { ...member, tags: after }, manner.source);
}

const addressIn = (sent: unknown): string => {
  const email: unknown = typeof sent === 'object' && sent !== null ? Reflect.get(sent, 'email_address') : undefined;
  return typeof email === 'string' ? email : '';
};
