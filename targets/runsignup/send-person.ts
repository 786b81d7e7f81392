import type { Content } from '../../sync/content-hash.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import type { User } from './answers.ts';
import type { RunSignupApi } from './api.ts';
import { unlessGone } from './error-table.ts';
import { findActive } from './find-registration.ts';
import { notStored } from './not-stored.ts';
import { personContent } from './person-record.ts';
import { canBeSent, formatPhone } from './phones.ts';
import { parseRegistrationId, parseUserId, type RegistrationId } from './remote-ids.ts';
import { textOf } from './texts.ts';

/** RunSignup's name of each field, those of the address apart. */
const FIELDS: Readonly<Record<string, string>> = {
  firstName: 'first_name',
  lastName: 'last_name',
  email: 'email',
  phone: 'phone',
  dateOfBirth: 'dob',
  gender: 'gender',
};

const ADDRESS: Readonly<Record<string, string>> = {
  street: 'street',
  city: 'city',
  state: 'state',
  zipcode: 'zipcode',
  country: 'country_code',
};

/** RunSignup edits no user as such: personal data go through one of the person's registrations, if they may be sent at all. */
export async function sendPerson(api: RunSignupApi, mayWrite: boolean, request: SendRequest): Promise<SendResult> {
  if (request.remoteId === null) {
    throw new SyncError(
      'rejected',
      `RunSignup takes persons only with their registrations, not Person/${request.key}`,
      {
        code: 'not-linked',
      },
    );
  }
  const userId = parseUserId(request.remoteId);
  const user = await read(api, userId);
  const fields = mayWrite ? differing(request.content, personContent(user)) : [];
  const now = fields.length === 0 ? user : await write(api, userId, fields, request);
  return { kind: 'sent', remoteId: userId, remoteModifiedOn: null, stored: personContent(now) };
}

async function read(api: RunSignupApi, userId: string): Promise<User> {
  const user = await unlessGone(api.user(userId));
  if (user !== null) return user;
  throw new SyncError('rejected', `RunSignup has no user ${userId}: unlink the person`, { code: 'gone' });
}

async function write(
  api: RunSignupApi,
  userId: string,
  fields: readonly string[],
  { content, references, key }: SendRequest,
): Promise<User> {
  const registration = await registrationOf(api, userId, references);
  if (registration === null) {
    throw new SyncError('rejected', `Person/${key} has no active registration that RunSignup could take its data by`, {
      code: 'no-registration',
    });
  }
  await api.editParticipant(registration.raceId, registration.eventId, {
    registration_id: Number(registration.registrationId),
    ...entryOf(content, fields),
  });
  const user = await read(api, userId);
  const left = differing(content, personContent(user));
  if (left.length === 0) return user;
  // RunSignup says of itself that it keeps the e-mail of whoever has an account, so repeating does not help.
  throw notStored(`user ${userId}`, left, left.every((field) => field === 'email') ? 'rejected' : 'contract');
}

/** The newest active registration of this very user; the person may have other users too. */
async function registrationOf(
  api: RunSignupApi,
  userId: string,
  references: SendRequest['references'],
): Promise<RegistrationId | null> {
  const candidates = [...references]
    .filter(([ref]) => ref.startsWith('EventParticipant/'))
    .map(([, remoteId]) => parseRegistrationId(remoteId))
    .toSorted((left, right) => Number(right.registrationId) - Number(left.registrationId));
  for (const candidate of candidates) {
    const { raceId, eventId, registrationId } = candidate;
    const found = await unlessGone(findActive(api, raceId, [eventId], registrationId));
    if (found?.participant.user.user_id === userId) return candidate;
  }
  return null;
}

/** Fields that RunSignup tells and that it would take. What it keeps to itself cannot be compared, and is left alone. */
function differing(content: Content, held: Content): string[] {
  return [...Object.keys(FIELDS), ...Object.keys(ADDRESS)].filter(
    (field) => Object.hasOwn(held, field) && maySend(field, content) && textOf(content[field]) !== textOf(held[field]),
  );
}

function maySend(field: string, content: Content): boolean {
  const phone = textOf(content['phone']);
  return field !== 'phone' || phone === null || canBeSent(phone);
}

/**
 * Personal data stand inside `user`. Null clears, what is missing is kept; an address goes as a whole, so that no half of it
 * stays.
 */
function entryOf(content: Content, fields: readonly string[]): Readonly<Record<string, unknown>> {
  const named = fields.flatMap((field) => {
    const name = FIELDS[field];
    return name === undefined ? [] : [[name, valueOf(field, content)] as const];
  });
  const address = Object.entries(ADDRESS).map(([field, name]) => [name, textOf(content[field])] as const);
  const changesAddress = fields.some((field) => Object.hasOwn(ADDRESS, field));
  return {
    user: { ...Object.fromEntries(named), ...(changesAddress ? { address: Object.fromEntries(address) } : {}) },
  };
}

function valueOf(field: string, content: Content): string | null {
  const value = textOf(content[field]);
  return field === 'phone' && value !== null ? formatPhone(value) : value;
}
