import { SyncError } from '../../sync/sync-error.ts';
import { placeOf } from '../answer.ts';
import type { ListedPage, ListRequest, MalformedRecord, RemoteRecord } from '../inbound-source.ts';
import { participant, removedParticipant } from './answers.ts';
import type { EventRows, RunSignupApi } from './api.ts';
import type { Editions } from './editions.ts';
import { idOf } from './find-registration.ts';
import { registrationRecord, removedRecord, type Place } from './registration-record.ts';
import { formatRegistrationId, parseEventId } from './remote-ids.ts';
import { notAdvancing, removedFeed } from './removed-feed.ts';
import { ENDLESS, lastIdIn, lastSuccessorOf, registrationIdOf } from './successors.ts';
import { latest, toUnixSeconds } from './times.ts';

/**
 * A page of an event's changed registrations, and all that were removed meanwhile, from this event or by a transfer to
 * it. The removed ones come with every page: after a transfer, the new registration must not be processed before it is
 * known which one it continues.
 */
export async function listRegistrations(
  api: RunSignupApi,
  editions: Editions,
  { scope, since, page }: ListRequest,
  limit: number,
): Promise<ListedPage> {
  const { raceId, eventId } = parseEventId(scope);
  const watermark = since === null ? {} : { since: toUnixSeconds(since) };
  const events = await api.participants(raceId, [eventId], {
    limit,
    ...watermark,
    ...(page === null ? {} : { after: page }),
  });
  const rows = events.flatMap((event) => (event.eventId === eventId ? event.rows : []));
  const next = nextPage(raceId, rows, page, limit);
  const place: Place = { raceId, eventId, daysId: await editions.of(raceId, eventId) };
  const active = rows.map((row) => readActive(place, row));

  // A registration transferred here is in the removed list of its former event.
  const arrived = new Set(rows.flatMap((row) => idOf(row) ?? []));
  const others = arrived.size === 0 ? [] : await editions.othersOf(raceId, eventId);
  const feeds: EventRows[] = [];
  for await (const feed of removedFeed(api, raceId, [eventId, ...others], { limit, ...watermark })) feeds.push(feed);
  const nextIds = new Map(feeds.flatMap(({ rows: over }) => over.flatMap(transferIn)));
  const removed: (RemoteRecord | MalformedRecord)[] = [];
  for (const feed of feeds) {
    if (feed.eventId === eventId) {
      for (const row of feed.rows) removed.push(await readRemoved(api, place, row, limit));
    } else if (others.includes(feed.eventId)) {
      const from = { raceId, eventId: feed.eventId, daysId: await editions.of(raceId, feed.eventId) };
      removed.push(...feed.rows.flatMap((row) => readArrival({ from, to: place, arrived, nextIds }, row)));
    }
  }

  const records = [...active, ...removed];
  const seenUpTo = records
    .map((record) => ('malformed' in record ? null : record.modifiedOn))
    .reduce<string | null>(latest, null);
  return { records, next, seenUpTo };
}

/**
 * The last id of a full page. @throws SyncError of class `contract` unless the ids increase from the start of the page.
 */
function nextPage(raceId: string, rows: readonly unknown[], page: string | null, limit: number): string | null {
  let last = Number(page ?? 0);
  for (const id of rows.flatMap((row) => idOf(row) ?? [])) {
    if (Number(id) <= last) throw notAdvancing(`race/${raceId}/participants`);
    last = Number(id);
  }
  if (rows.length < limit) return null;
  if (last === Number(page ?? 0)) throw notAdvancing(`race/${raceId}/participants`);
  return String(last);
}

function readActive(place: Place, row: unknown): RemoteRecord | MalformedRecord {
  const parsed = participant.safeParse(row);
  if (!parsed.success) return malformed(place, row, placeOf(participant, parsed.error));
  try {
    return registrationRecord(place, parsed.data);
  } catch (error) {
    if (error instanceof SyncError) return malformed(place, row, error.field ?? 'body');
    throw error;
  }
}

async function readRemoved(
  api: RunSignupApi,
  place: Place,
  row: unknown,
  limit: number,
): Promise<RemoteRecord | MalformedRecord> {
  const parsed = removedParticipant.safeParse(row);
  if (!parsed.success) return malformed(place, row, placeOf(removedParticipant, parsed.error));
  try {
    const successor = await lastSuccessorOf(api, place.raceId, parsed.data, limit);
    if (successor === null) return removedRecord(place, parsed.data, null);
    const end = { raceId: place.raceId, eventId: successor.eventId, registrationId: registrationIdOf(successor) };
    return removedRecord(place, parsed.data, formatRegistrationId(end));
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== ENDLESS) throw error;
    return { malformed: error.message, ...refOf(place, row) };
  }
}

/** The id of a transferred registration, and of the next one. */
function transferIn(row: unknown): [string, string][] {
  const { success, data } = removedParticipant.safeParse(row);
  const next = success && data.removed_reason === 'transferred' ? data.new_registration_id : null;
  return success && next ? [[data.registration_id, next]] : [];
}

interface Arrivals {
  readonly from: Place;
  readonly to: Place;
  /** The registrations of this page. */
  readonly arrived: ReadonlySet<string>;
  readonly nextIds: ReadonlyMap<string, string>;
}

/**
 * A registration removed elsewhere that goes on in the end as one of this page; the list of its own event contains it
 * anyway.
 */
function readArrival({ from, to, arrived, nextIds }: Arrivals, row: unknown): RemoteRecord[] {
  const parsed = removedParticipant.safeParse(row);
  if (!parsed.success) return [];
  const registrationId = lastIdIn(nextIds, parsed.data.registration_id);
  if (registrationId === null || !arrived.has(registrationId)) return [];
  return [removedRecord(from, parsed.data, formatRegistrationId({ ...to, registrationId }))];
}

function malformed(place: Place, row: unknown, field: string): MalformedRecord {
  return { malformed: `RunSignup's registration does not fit the contract at ${field}`, ...refOf(place, row) };
}

function refOf({ raceId, eventId }: Place, row: unknown): Omit<MalformedRecord, 'malformed'> {
  const registrationId = idOf(row);
  return {
    type: 'EventParticipant',
    remoteId: registrationId === null ? null : formatRegistrationId({ raceId, eventId, registrationId }),
  };
}
