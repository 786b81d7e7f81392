import type { EntityType } from '../../sync/entity-type.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type {
  InboundSource,
  ListedPage,
  ListRequest,
  MalformedRecord,
  RemoteRecord,
  RemoteRef,
} from '../inbound-source.ts';
import type { RunSignupApi } from './api.ts';
import type { Editions } from './editions.ts';
import { unlessGone } from './error-table.ts';
import { findRegistration } from './find-registration.ts';
import { listRegistrations } from './list-registrations.ts';
import { personRecord } from './person-record.ts';
import { eventRecord, malformedRace, raceRecord } from './race-records.ts';
import { editionOf, readRace, type ReadRace } from './read-race.ts';
import { registrationRecord, removedRecord } from './registration-record.ts';
import { parseEventId, parseRaceId, parseRegistrationId, parseUserId } from './remote-ids.ts';
import { lastSuccessorOf } from './successors.ts';

/**
 * The vendor advises a watermark some seconds in the past. Minutes cost little, because known rows are skipped, and
 * nothing is lost if their clock is corrected by minutes.
 */
const OVERLAP_MS = 600_000;

/**
 * The vendor does not say whether reads may come from a replica or a cache. It has no call for a single registration
 * either, so that all reads are those of lists.
 */
const LAG_MS = 60_000;

export interface Reading {
  readonly api: RunSignupApi;
  readonly editions: Editions;
  /** Rows per page. */
  readonly limit: number;
}

/** The inbound side of RunSignup: the linked races, their events and registrations; persons come with registrations. */
export function runSignupInbound(reading: Reading): InboundSource {
  return {
    overlapMs: OVERLAP_MS,
    lag: { listMs: LAG_MS, recordMs: LAG_MS },
    scopes: async (type, linked) => {
      if (type === 'Event' || type === 'Race') return linked('Event');
      return type === 'EventParticipant' ? linked('Race') : [];
    },
    list: (request) => list(reading, request),
    fetch: (ref) => fetchRecord(reading, ref),
  };
}

async function list({ api, editions, limit }: Reading, request: ListRequest): Promise<ListedPage> {
  const { type, scope } = request;
  if (type === 'EventParticipant') return listRegistrations(api, editions, request, limit);
  if (type !== 'Event' && type !== 'Race') throw notListed(type);
  const race = readRace(await api.race(parseRaceId(scope).raceId));
  const records = type === 'Event' ? [eventRecord(race, scope)] : racesOf(race, scope);
  return { records, next: null, seenUpTo: race.modifiedOn };
}

/** One page contains all: RunSignup has no list of changed events. */
function racesOf(race: ReadRace, scope: string): (RemoteRecord | MalformedRecord)[] {
  return [
    ...editionOf(race, parseRaceId(scope).daysId).map((event) => raceRecord(race, event, scope)),
    ...race.malformed.map((event) => malformedRace(race, event)),
  ];
}

async function fetchRecord(reading: Reading, { type, remoteId }: RemoteRef): Promise<RemoteRecord | null> {
  const { api } = reading;
  switch (type) {
    case 'Event': {
      const race = await unlessGone(api.race(parseRaceId(remoteId).raceId));
      return race === null ? null : eventRecord(readRace(race), remoteId);
    }
    case 'Race':
      return fetchRace(api, remoteId);
    case 'Person': {
      const user = await unlessGone(api.user(parseUserId(remoteId)));
      return user === null ? null : personRecord(user);
    }
    case 'EventParticipant':
      return fetchRegistration(reading, remoteId);
    default:
      throw notListed(type);
  }
}

async function fetchRace(api: RunSignupApi, remoteId: string): Promise<RemoteRecord | null> {
  const { raceId, eventId } = parseEventId(remoteId);
  const answer = await unlessGone(api.race(raceId));
  if (answer === null) return null;
  const race = readRace(answer);
  const malformed = race.malformed.find((event) => event.eventId === eventId);
  if (malformed !== undefined) {
    throw new SyncError('contract', `RunSignup's event ${remoteId} does not fit the contract at ${malformed.field}`, {
      code: 'contract',
      field: malformed.field,
    });
  }
  const event = race.events.find((candidate) => candidate.eventId === eventId);
  return event === undefined ? null : raceRecord(race, event);
}

/** A transferred registration returns the one as which it goes on. */
async function fetchRegistration({ api, editions, limit }: Reading, remoteId: string): Promise<RemoteRecord | null> {
  const { raceId, eventId, registrationId } = parseRegistrationId(remoteId);
  const asked = await findRegistration(api, { raceId, eventIds: [eventId], registrationId, limit });
  if (asked === null) return null;
  const successor = asked.kind === 'removed' ? await lastSuccessorOf(api, raceId, asked.removed, limit) : null;
  const found = successor ?? asked;
  const place = { raceId, eventId: found.eventId, daysId: await editions.of(raceId, found.eventId) };
  return found.kind === 'active'
    ? registrationRecord(place, found.participant)
    : removedRecord(place, found.removed, null);
}

function notListed(type: EntityType): RangeError {
  return new RangeError(`RunSignup has no list of ${type}`);
}
