import { isDeepStrictEqual } from 'node:util';
import { contactIdOf, subscriberHash } from './identity.ts';
import { languageOf } from './languages.ts';
import { type Mailchimp, nowOf } from './mailchimp.ts';
import type { MemberBody } from './member-body.ts';
import { tellChange, tellGone } from './member-events.ts';
import { type Standing, decideStatus, firstStanding } from './member-status.ts';
import { interestsAfter, mergeFieldsAfter, permissionsAfter } from './member-values.ts';
import {
  Problem,
  forgottenEmail,
  inComplianceState,
  invalid,
  invalidFields,
  looksFake,
  memberExists,
  notArchived,
  notFound,
  onlyOfSubscribed,
  signedUpALot,
} from './problem.ts';
import type { Member, Source, Status } from './records.ts';
import { withTags } from './tags.ts';
import { momentOf } from './times.ts';

export interface Manner {
  /** Required merge fields may be empty. */
  readonly skipMergeValidation: boolean;
  readonly source: Source;
  /** The `source` of a new member. */
  readonly origin: string;
}

export const byApi = (skipMergeValidation: boolean): Manner => ({
  skipMergeValidation,
  source: 'api',
  origin: 'API - Generic',
});

/** Finds a member by md5 of the address, by address, or by contact id. */
export function memberAt({ store }: Mailchimp, sent: string): Member | undefined {
  const key = sent.toLowerCase();
  const [member] = key.includes('@')
    ? store.members.by('hash', subscriberHash(key))
    : [...store.members.by('hash', key), ...store.members.by('contact', key)];
  return member;
}

/** Throws Problem 404. */
export function findMember(mailchimp: Mailchimp, sent: string): Member {
  const member = memberAt(mailchimp, sent);
  if (member === undefined) throw notFound();
  return member;
}

/** Throws Problem 400 if the address is invalid or not accepted. */
export function acceptedAddress({ store, settings }: Mailchimp, sent: string): string {
  const email = sent.trim();
  if (!/^[^\s@,;]+@[^\s@,;]+\.[^\s@.,;]+$/.test(email)) throw invalid('Please provide a valid email address.');
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  if (settings.refusedDomains.includes(domain)) throw looksFake(email);
  if (store.forgotten.by('hash', subscriberHash(email)).length > 0) throw forgottenEmail(email);
  return email;
}

/** `standing` is the status that was decided. Throws Problem 400. */
export function insertMember(mailchimp: Mailchimp, sent: MemberBody, standing: Standing, manner: Manner): Member {
  const { store, effects } = mailchimp;
  const email = acceptedAddress(mailchimp, sent.email_address ?? '');
  refuseBusyAddress(mailchimp, email, manner);
  const now = nowOf(mailchimp);
  const values = {
    mergeFields: mergeFieldsAfter(mailchimp, {}, sent.merge_fields, manner.skipMergeValidation),
    interests: interestsAfter(mailchimp, [], sent.interests),
    permissions: permissionsAfter(mailchimp, [], sent.marketing_permissions),
    tags: withTags(mailchimp, [], sent.tags ?? []),
  };
  const id = store.members.nextId();
  const member = store.members.save({
    ...values,
    ...standing,
    id,
    email,
    contactId: contactIdOf(id),
    emailType: sent.email_type || 'html',
    language: sent.language === undefined ? '' : languageOf(sent.language),
    vip: sent.vip ?? false,
    latitude: sent.location?.latitude ?? 0,
    longitude: sent.location?.longitude ?? 0,
    ipSignup: sent.ip_signup ?? '',
    ipOpt: sent.ip_opt ?? '',
    signedUpAt: momentOf(sent.timestamp_signup) ?? null,
    optedInAt: momentOf(sent.timestamp_opt) ?? (standing.status === 'subscribed' ? now : null),
    lastChanged: now,
    source: manner.origin,
  });
  if (member.status === 'pending') effects.confirmationsSent.push(member.email);
  tellChange(mailchimp, undefined, member, { source: manner.source, otherwiseChanged: false });
  return member;
}

/** Absent values are kept. Throws Problem 400. */
export function updateMember(mailchimp: Mailchimp, before: Member, sent: MemberBody, manner: Manner): Member {
  const { effects, settings } = mailchimp;
  const standing = standingAfter(mailchimp, before, sent);
  const email = addressAfter(mailchimp, before, sent.email_address, manner);
  if (before.status === 'archived' && standing.status !== 'archived')
    refuseBusyAddress(mailchimp, before.email, manner);
  const after = {
    ...before,
    ...standing,
    email,
    mergeFields: mergeFieldsAfter(mailchimp, before.mergeFields, sent.merge_fields, manner.skipMergeValidation),
    interests: interestsAfter(mailchimp, before.interests, sent.interests),
    permissions: permissionsAfter(mailchimp, before.permissions, sent.marketing_permissions),
    tags: settings.tagsInMember === 'always' ? withTags(mailchimp, before.tags, sent.tags ?? []) : before.tags,
    emailType: sent.email_type || before.emailType,
    language: sent.language === undefined ? before.language : languageOf(sent.language),
    vip: sent.vip ?? before.vip,
    latitude: sent.location?.latitude ?? before.latitude,
    longitude: sent.location?.longitude ?? before.longitude,
    ipSignup: sent.ip_signup ?? before.ipSignup,
    ipOpt: sent.ip_opt ?? before.ipOpt,
    signedUpAt: momentOf(sent.timestamp_signup) ?? before.signedUpAt,
    optedInAt: momentOf(sent.timestamp_opt) ?? optedInAfter(mailchimp, before, standing),
  };
  // Ask for confirmation only when the member becomes pending, not again while it is.
  if (after.status === 'pending' && before.status !== 'pending') effects.confirmationsSent.push(after.email);
  return changeMember(mailchimp, before, after, manner.source);
}

/** Saves the member and sends the webhooks. Every real change, tags included, updates `last_changed`. */
export function changeMember(mailchimp: Mailchimp, before: Member, after: Member, source: Source): Member {
  if (isDeepStrictEqual(before, after)) return before;
  const { tags: _tags, status: _status, hold: _hold, email: _email, optedInAt: _opted, ...restBefore } = before;
  const { tags: _new, status: _newStatus, hold: _newHold, email: _newEmail, optedInAt: _newOpted, ...rest } = after;
  const otherwiseChanged = !isDeepStrictEqual(restBefore, rest);
  const member = mailchimp.store.members.save({ ...after, lastChanged: nowOf(mailchimp) });
  tellChange(mailchimp, before, member, { source, otherwiseChanged });
  return member;
}

/** Creates or updates the member for a PUT or a row of the list batch. Throws Problem 400. */
export function upsertMember(
  mailchimp: Mailchimp,
  known: Member | undefined,
  sent: MemberBody,
  manner: Manner,
): { readonly kind: 'created' | 'updated'; readonly member: Member } {
  if (known !== undefined) return { kind: 'updated', member: updateMember(mailchimp, known, sent, manner) };
  const status = sent.status ?? sent.status_if_new;
  if (status === undefined) throw invalidFields([{ field: 'status', message: 'This value should not be blank.' }]);
  const standing = firstStanding(status, manner.source);
  return { kind: 'created', member: insertMember(mailchimp, sent, standing, manner) };
}

/** Throws Problem 400 for an address that is temporarily not allowed to join a list. */
function refuseBusyAddress({ settings }: Mailchimp, email: string, { source }: Manner): void {
  const isBusy = settings.busyAddresses.some((busy) => subscriberHash(busy) === subscriberHash(email));
  if (source === 'api' && isBusy) throw signedUpALot(email);
}

function standingAfter({ settings }: Mailchimp, before: Member, sent: MemberBody): Standing {
  const unarchiving = before.status === 'archived' && settings.statusIfNewUnarchives;
  const asked = sent.status ?? (unarchiving ? sent.status_if_new : undefined);
  if (asked === undefined) return { status: before.status, hold: before.hold };
  const decision = decideStatus(before, asked, settings);
  if (decision.kind === 'compliance') throw inComplianceState(before.email);
  return decision.standing;
}

function addressAfter(mailchimp: Mailchimp, before: Member, sent: string | undefined, { source }: Manner): string {
  const { settings, store } = mailchimp;
  if (sent === undefined || sent === before.email) return before.email;
  if (subscriberHash(sent) === subscriberHash(before.email)) {
    return settings.emailCase === 'first' ? before.email : sent.trim();
  }
  if (source === 'api' && before.status !== 'subscribed') throw onlyOfSubscribed();
  const email = acceptedAddress(mailchimp, sent);
  if (store.members.by('hash', subscriberHash(email)).length === 0) return email;
  throw new Problem(400, settings.takenAddressTitle, memberExists(email).message);
}

const optedInAfter = (mailchimp: Mailchimp, before: Member, { status }: Standing): number | null =>
  status === 'subscribed' && before.status !== 'subscribed' ? nowOf(mailchimp) : before.optedInAt;

/** Throws Problem 405 if the API cannot archive the member. */
export function archiveMember(mailchimp: Mailchimp, member: Member, source: Source): void {
  const { store } = mailchimp;
  if (source === 'api' && NOT_TO_BE_ARCHIVED.has(member.status)) throw notArchived();
  store.members.save({ ...member, status: 'archived', lastChanged: nowOf(mailchimp) });
  tellRemoved(mailchimp, member, source);
}

const NOT_TO_BE_ARCHIVED: ReadonlySet<Status> = new Set(['cleaned', 'pending', 'archived']);

/** Erases the member; the API never accepts the address again. */
export function forgetMember(mailchimp: Mailchimp, member: Member, source: Source): void {
  const { store } = mailchimp;
  store.members.remove(member.id);
  forgetAddress(mailchimp, member.email);
  tellRemoved(mailchimp, member, source);
}

export function forgetAddress({ store }: Mailchimp, email: string): void {
  store.forgotten.save({ id: store.forgotten.nextId(), hash: subscriberHash(email) });
}

function tellRemoved(mailchimp: Mailchimp, member: Member, source: Source): void {
  if (mailchimp.settings.archiveTellsUnsubscribe && member.status === 'subscribed') {
    tellGone(mailchimp, member, source, 'delete');
  }
}
