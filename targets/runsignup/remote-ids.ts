import { SyncError } from '../../sync/sync-error.ts';

/** A race and its edition: RunSignup reuses a race every year. */
export interface RaceId {
  readonly raceId: string;
  /** Null: the newest edition. */
  readonly daysId: string | null;
}

export interface EventId {
  readonly raceId: string;
  readonly eventId: string;
}

export interface RegistrationId extends EventId {
  readonly registrationId: string;
}

const ID = '[1-9]\\d{0,14}';
const RACE = new RegExp(`^(${ID})(?:@(${ID}))?$`);
const EVENT = new RegExp(`^(${ID})/(${ID})$`);
const REGISTRATION = new RegExp(`^(${ID})/(${ID})/(${ID})$`);
const USER = new RegExp(`^${ID}$`);

/** `567@9`, or `567`. @throws SyncError of class `rejected` for anything else. */
export function parseRaceId(remoteId: string): RaceId {
  const [, raceId, daysId] = RACE.exec(remoteId) ?? [];
  if (raceId === undefined) throw misfit('Event', 'a RunSignup race and its race_event_days_id, for example 567@9');
  return { raceId, daysId: daysId ?? null };
}

/** `567/12890`. @throws SyncError of class `rejected` for anything else. */
export function parseEventId(remoteId: string): EventId {
  const [, raceId, eventId] = EVENT.exec(remoteId) ?? [];
  if (raceId === undefined || eventId === undefined) {
    throw misfit('Race', 'a RunSignup race and event, for example 567/12890');
  }
  return { raceId, eventId };
}

/** `567/12890/2645624`. @throws SyncError of class `rejected` for anything else. */
export function parseRegistrationId(remoteId: string): RegistrationId {
  const [, raceId, eventId, registrationId] = REGISTRATION.exec(remoteId) ?? [];
  if (raceId === undefined || eventId === undefined || registrationId === undefined) {
    throw misfit('EventParticipant', 'a RunSignup race, event and registration, for example 567/12890/2645624');
  }
  return { raceId, eventId, registrationId };
}

/** `123123123`. @throws SyncError of class `rejected` for anything else. */
export function parseUserId(remoteId: string): string {
  if (!USER.test(remoteId)) throw misfit('Person', 'a RunSignup user id, for example 123123123');
  return remoteId;
}

export const formatEventId = ({ raceId, eventId }: EventId): string => `${raceId}/${eventId}`;

export const formatRegistrationId = ({ raceId, eventId, registrationId }: RegistrationId): string =>
  `${raceId}/${eventId}/${registrationId}`;

export const formatRaceId = (raceId: string, daysId: string): string => `${raceId}@${daysId}`;

function misfit(type: string, expected: string): SyncError {
  return new SyncError('rejected', `the remote id of a RUNSIGNUP ${type} must be ${expected}: link it again`, {
    code: 'remote-id',
    field: 'remote_id',
  });
}
