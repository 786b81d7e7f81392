import { SyncError } from '../../sync/sync-error.ts';
import type { Content } from '../../sync/content-hash.ts';
import type { RemoteRecord, RemoteRef } from '../inbound-source.ts';
import type { Participant, RemovedParticipant } from './answers.ts';
import { canonicalBib } from './bibs.ts';
import { personRecord } from './person-record.ts';
import { formatEventId, formatRaceId, formatRegistrationId, type EventId } from './remote-ids.ts';
import { singleSpaced } from './texts.ts';
import { atWall, EASTERN, formatMinute, fromUnixSeconds, parseWallMinutes, parseWallSeconds } from './times.ts';

/** Where a registration stands: its event, and that event's edition of the race. */
export interface Place extends EventId {
  readonly daysId: string;
}

/**
 * What an active registration holds of an EMS participant. What came without a value that can be told is left out.
 *
 * @throws SyncError of class `contract` for a time in no form of RunSignup's.
 */
export function registrationContent(participant: Participant): Content {
  const { bib_num: bib, chip_num: chip, registration_date: registered } = participant;
  const category = singleSpaced(participant.age_group);
  const teamName = teamNameOf(participant);
  return {
    registrationNo: participant.registration_id,
    status: 'active',
    ...heldNumbers(bib, chip),
    ...(category === null ? {} : { category }),
    ...(teamName === undefined ? {} : { teamName }),
    ...(registered ? { registeredOn: registeredOn(participant.registration_id, registered) } : {}),
  };
}

/** A bib or chip that is not told is left out. */
export function heldNumbers(bib: string | null | undefined, chip: string | null | undefined): Content {
  const bibText = singleSpaced(bib);
  return {
    ...(bib === undefined ? {} : { bib: bibText === null ? null : (canonicalBib(bibText) ?? bibText) }),
    ...(chip === undefined ? {} : { chip: singleSpaced(chip) }),
  };
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

/** Undefined: it has a team, whose name was not told. */
function teamNameOf({ team_id: id, team_name: name }: Participant): string | null | undefined {
  if (name !== null && name !== undefined) return singleSpaced(name);
  return id === null ? null : undefined;
}

function registeredOn(registrationId: string, text: string): string {
  try {
    return formatMinute(atWall(parseWallMinutes(text), EASTERN));
  } catch {
    throw new SyncError('contract', `registration ${registrationId} does not fit the contract at registration_date`, {
      code: 'contract',
      field: 'registration_date',
    });
  }
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
