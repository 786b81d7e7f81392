import type { Content } from '../../sync/content-hash.ts';
import type { RemoteRecord, RemoteRef } from '../inbound-source.ts';
import type { Participant, RemovedParticipant } from './answers.ts';
import { participantFields, type RegistrationPlace } from './participant-fields.ts';
import { personRecord } from './person-record.ts';
import { REGISTRATION_FORMS, type Told } from './registration-forms.ts';
import { formatEventId, formatRaceId, formatRegistrationId, type EventId } from './remote-ids.ts';
import { atWall, EASTERN, fromUnixSeconds, parseWallSeconds } from './times.ts';

/** Where a registration belongs: its event, and that event's edition of the race. */
export interface Place extends EventId {
  readonly daysId: string;
}

/**
 * An active registration's content for an EMS participant. Fields without a usable value are left out.
 *
 * @throws SyncError of class `contract` for a value in an unknown form.
 */
export function registrationContent(participant: Participant): Content {
  return contentOf(participant, () => true);
}

/** The fields that an edit can set, also for an ended registration. Missing ones are left out. */
export function heldNumbers(registration: Participant | RemovedParticipant): Content {
  return contentOf(registration, ({ sent }) => sent);
}

function contentOf(told: Told, isWanted: (at: RegistrationPlace) => boolean): Content {
  const read = Object.entries(participantFields)
    .filter(([, { at }]) => isWanted(at))
    .map(([field, { at }]) => [field, REGISTRATION_FORMS[at.form].read(told, at.name)] as const);
  return Object.fromEntries(read.filter(([, value]) => value !== undefined));
}

/** Includes its user. @throws SyncError as {@link registrationContent} does. */
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

/** @param successor the id that continues it after a transfer. */
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

/** The Unix seconds are reliable; the other form is Eastern time, the vendor's older one. */
export function removedOn({ last_modified_ts: seconds, last_modified: text }: RemovedParticipant): string | null {
  if (seconds !== null && seconds !== undefined) return fromUnixSeconds(seconds).toString();
  if (!text) return null;
  try {
    return atWall(parseWallSeconds(text), EASTERN).toString();
  } catch {
    return null;
  }
}
