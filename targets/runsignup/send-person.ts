import type { Content } from '../../sync/content-hash.ts';
import type { FieldValue } from '../../sync/canonical-form.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { textIn } from '../field-kinds.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import type { User } from './answers.ts';
import type { RunSignupApi } from './api.ts';
import { unlessGone } from './error-table.ts';
import { findActive } from './find-registration.ts';
import { notStored } from './not-stored.ts';
import { personFields, type PersonPlace } from './person-fields.ts';
import { PERSON_FORMS } from './person-forms.ts';
import { personContent } from './person-record.ts';
import { parseRegistrationId, parseUserId, type RegistrationId } from './remote-ids.ts';

/**
 * RunSignup cannot edit a user directly: personal data are sent through one of the person's registrations, if sending
 * them is enabled.
 */
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
  // RunSignup documents that it keeps an account holder's e-mail, so a retry does not help.
  throw notStored(`user ${userId}`, left, left.every((field) => field === 'email') ? 'rejected' : 'contract');
}

/** The newest active registration of this user; the person may also have other users. */
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

/**
 * The fields that RunSignup returns and would accept. Those that it does not return cannot be compared, and are left
 * alone.
 */
function differing(content: Content, held: Content): string[] {
  return Object.keys(personFields).filter(
    (field) => Object.hasOwn(held, field) && maySend(field, content) && !isSame(field, content, held),
  );
}

function isSame(field: string, content: Content, held: Content): boolean {
  const form = personFields[field]?.at.form;
  const [sent, kept] = [textIn(content[field]), textIn(held[field])];
  return (form === undefined ? undefined : PERSON_FORMS[form].isSame?.(sent, kept)) ?? sent === kept;
}

function maySend(field: string, content: Content): boolean {
  const value = textIn(content[field]);
  const form = personFields[field]?.at.form;
  return value === null || form === undefined || PERSON_FORMS[form].canBeSent?.(value) !== false;
}

/**
 * Personal data are inside `user`. Null clears, absent fields are kept; an address is sent as a whole, so that no old
 * part stays.
 */
function entryOf(content: Content, fields: readonly string[]): Readonly<Record<string, unknown>> {
  const valuesAt = (wanted: PersonPlace['in'], isSent: (field: string) => boolean) =>
    Object.fromEntries(
      Object.entries(personFields).flatMap(([field, { at }]) =>
        at.in === wanted && isSent(field) ? [[at.name, written(at, content[field])]] : [],
      ),
    );
  const changesAddress = fields.some((field) => personFields[field]?.at.in === 'address');
  return {
    user: {
      ...valuesAt('user', (field) => fields.includes(field)),
      ...(changesAddress ? { address: valuesAt('address', () => true) } : {}),
    },
  };
}

function written({ form }: PersonPlace, value: FieldValue): string | null {
  const text = textIn(value);
  return text === null ? null : (PERSON_FORMS[form].write?.(text) ?? text);
}
