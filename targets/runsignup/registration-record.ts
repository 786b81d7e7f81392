import type { Content } from '../../sync/content-hash.ts';
import type { RemoteRecord, RemoteRef } from '../inbound-source.ts';
import type { Participant, RemovedParticipant } from './answers.ts';
import { participantFields, type RegistrationPlace } from './participant-fields.ts';
import { personRecord } from './person-record.ts';
import { REGISTRATION_FORMS, type Told } from './registration-forms.ts';
import { formatEventId, formatRaceId, formatRegistrationId, type EventId } from './remote-ids.ts';
import { atWall, EASTERN, fromUnixSeconds, parseWallSeconds } from './times.ts';

/** Where a registration stands: its event, and that event's edition of the race. */
export interface Place extends EventId {
  readonly daysId: string;
}

/**
 * What an active registration holds of an EMS participant. What came without a value that can be told is left out.
 *
 * @throws SyncError of class `contract` for what is in no form of RunSignup's.
 */
export function registrationContent(participant: Participant): Content {
  return contentOf(participant, () => true);
}

/** What an edit can set, of a registration that is over as well. What is not told is left out. */
export function heldNumbers(registration: Participant | RemovedParticipant): Content {
  return contentOf(registration, ({ sent }) => sent);
}

function contentOf(told: Told, isWanted: (at: RegistrationPlace) => boolean): Content {
  const read = Object.entries(participantFields)
    .filter(([, { at }]) => isWanted(at))
    .map(([field, { at }]) => [field, REGISTRATION_FORMS[at.form].read(told, at.name)] as const);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

/** Its user comes with it. @throws SyncError as {@link registrationContent} does. */
export function registrationRecord(place: Place, participant: Participant): RemoteRecord {
  const { user, registration_id: registrationId } = participant;
  return {
    type: 'EventParticipant',
    remoteId: formatRegistrationId({ ...place, registrationId }),
    emsKey: null,
    modifiedOn: fromUnixSeconds(participant.last_modified).toString(),
    content: registrationContent(participant),
    complete: true,
    references: referencesOf(place, user.user_id),
    related: [personRecord(user)],
    messages: null,
    removed: false,
    successor: null,
  };
}

/** @param successor the id that it goes on under after a transfer. */
export function removedRecord(place: Place, removed: RemovedParticipant, successor: string | null): RemoteRecord {
  return {
    type: 'EventParticipant',
    remoteId: formatRegistrationId({ ...place, registrationId: removed.registration_id }),
    emsKey: null,
    modifiedOn: removedOn(removed),
    content: { status: 'removed' },
    complete: true,
    references: referencesOf(place, removed.user?.user_id),
    related: [],
    messages: null,
    removed: true,
    successor,
  };
}

function referencesOf(place: Place, userId: string | undefined): Readonly<Record<string, RemoteRef>> {
  return {
    eventId: { type: 'Event', remoteId: formatRaceId(place.raceId, place.daysId) },
    raceId: { type: 'Race', remoteId: formatEventId(place) },
    ...(userId === undefined ? {} : { personId: { type: 'Person', remoteId: userId } }),
  };
}

/** The unix seconds are sure; the other form is Eastern, and the vendor's older one. */
export function removedOn({ last_modified_ts: seconds, last_modified: text }: RemovedParticipant): string | null {
  if (seconds !== null && seconds !== undefined) return fromUnixSeconds(seconds).toString();
  if (!text) return null;
  try {
    return atWall(parseWallSeconds(text), EASTERN).toString();
  } catch {
    return null;
  }
}
