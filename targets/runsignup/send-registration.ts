import type { Content } from '../../sync/content-hash.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { fieldsAt } from '../field-declaration.ts';
import { textIn } from '../field-kinds.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import type { Participant } from './answers.ts';
import type { RunSignupApi } from './api.ts';
import { findRegistration, unknownRegistration, type FoundRegistration } from './find-registration.ts';
import { notStored } from './not-stored.ts';
import { participantFields, type RegistrationPlace } from './participant-fields.ts';
import { REGISTRATION_FORMS } from './registration-forms.ts';
import { heldNumbers, registrationContent, removedOn } from './registration-record.ts';
import { parseRegistrationId, type RegistrationId } from './remote-ids.ts';
import { fromUnixSeconds } from './times.ts';

/** None of these is personal: personal data go in a separate call, so that their refusal does not block the bib. */
const SENT = fieldsAt(participantFields, (at): at is RegistrationPlace => at.sent);

/** Sends a registration's bib and chip, and verifies that RunSignup stored them. */
export async function sendRegistration(api: RunSignupApi, request: SendRequest, limit: number): Promise<SendResult> {
  const { remoteId, content, key } = request;
  if (remoteId === null) {
    throw new SyncError(
      'rejected',
      `RunSignup takes registrations only from participants, not EventParticipant/${key}`,
      {
        code: 'not-linked',
      },
    );
  }
  const id = parseRegistrationId(remoteId);
  const before = await read(api, id, limit);
  if (before.kind === 'removed') return removed(remoteId, before, content);
  if (differing(content, registrationContent(before.participant)).length === 0) {
    return sent(remoteId, before.participant);
  }

  const values = SENT.map(([field, { name, form }]) => {
    const value = textIn(content[field]);
    return [name, value === null ? null : (REGISTRATION_FORMS[form].write?.(value) ?? value)] as const;
  });
  await api.editParticipant(id.raceId, id.eventId, {
    registration_id: Number(id.registrationId),
    ...Object.fromEntries(values),
  });
  const after = await read(api, id, limit);
  const fields =
    after.kind === 'removed'
      ? SENT.map(([field]) => field)
      : differing(content, registrationContent(after.participant));
  if (after.kind === 'removed' || fields.length > 0) throw notStored(`registration ${id.registrationId}`, fields);
  return sent(remoteId, after.participant);
}

async function read(api: RunSignupApi, id: RegistrationId, limit: number): Promise<FoundRegistration> {
  const found = await findRegistration(api, { ...id, eventIds: [id.eventId], limit });
  if (found === null) throw unknownRegistration(id.registrationId);
  return found;
}

function sent(remoteId: string, participant: Participant): SendResult {
  return {
    kind: 'sent',
    remoteId,
    remoteModifiedOn: fromUnixSeconds(participant.last_modified).toString(),
    stored: registrationContent(participant),
  };
}

/**
 * RunSignup silently ignores bib and chip of an ended registration, so they are not sent. Values that EMS removed need
 * nothing.
 */
function removed(
  remoteId: string,
  { removed: registration }: Extract<FoundRegistration, { kind: 'removed' }>,
  content: Content,
): SendResult {
  const { registration_id: registrationId, removed_reason: reason } = registration;
  if (reason === 'transferred') {
    throw new SyncError('transient', `registration ${registrationId} was transferred: the next poll follows it`, {
      code: 'transferred',
    });
  }
  const fields = differing(content, heldNumbers(registration));
  const missing = fields.filter((field) => textIn(content[field]) !== null);
  // It never will: asking again each hour, as after an answer that could not be read, is of no use.
  if (missing.length > 0) throw notStored(`registration ${registrationId}, which is ${reason},`, missing, 'rejected');
  return { kind: 'sent', remoteId, remoteModifiedOn: removedOn(registration), stored: { status: 'removed' } };
}

function differing(content: Content, held: Content): string[] {
  return SENT.map(([field]) => field).filter(
    (field) => textIn(content[field]) !== (field in held ? textIn(held[field]) : undefined),
  );
}
