import type { Content } from '../../sync/content-hash.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import { sendCorrals } from './corrals.ts';
import { EVENT_FORMS } from './event-forms.ts';
import { notStored } from './not-stored.ts';
import type { RunSignupApi } from './api.ts';
import type { EventChange } from './race-edit.ts';
import { eventPlaces } from './race-fields.ts';
import { raceContent } from './race-records.ts';
import type { Races } from './races.ts';
import { editionOf, type ReadEvent, type ReadRace } from './read-race.ts';
import { formatEventId, parseEventId, parseRaceId } from './remote-ids.ts';
import { singleSpaced, textOf } from './texts.ts';
import { parseMinute, wallOf } from './times.ts';

export interface RaceWriting {
  readonly api: RunSignupApi;
  readonly races: Races;
  readonly mayWriteRaces: boolean;
  readonly mayWriteCorrals: boolean;
}

/** A race is an event of a linked RunSignup race: found by name and start, and created only if that is enabled. */
export async function sendRace(writing: RaceWriting, request: SendRequest): Promise<SendResult> {
  const { race, event } = request.remoteId === null ? await link(writing, request) : await update(writing, request);
  const remoteId = formatEventId({ raceId: race.raceId, eventId: event.eventId });
  if (writing.mayWriteCorrals) await sendCorrals(writing.api, race, event, request.content);
  return { kind: 'sent', remoteId, remoteModifiedOn: race.modifiedOn, stored: raceContent(race, event) };
}

interface Found {
  readonly race: ReadRace;
  readonly event: ReadEvent;
}

/** Looks for the event before creating it, because the answer to an earlier attempt may have been lost. */
async function link({ races, mayWriteRaces }: RaceWriting, request: SendRequest): Promise<Found> {
  const { raceId, daysId } = parseRaceId(linkedRace(request));
  const race = await races.read(raceId);
  const event = find(race, editionOf(race, daysId), request);
  if (event !== undefined) return { race, event };
  if (!mayWriteRaces) {
    throw new SyncError(
      'rejected',
      `RunSignup's race/${raceId} has no event with name and start of Race/${request.key}: ` +
        'create it there, or set RUNSIGNUP_CREATE_RACES=true',
      { code: 'no-such-event' },
    );
  }
  const { before, after } = await races.edit(raceId, (current) =>
    find(current, current.events, request) === undefined
      ? { event: { eventId: null, fields: newEvent(current, request) } }
      : null,
  );
  const now = after ?? before;
  const made = find(now, now.events, request);
  if (made === undefined) throw notStored(`race/${raceId}`, ['events']);
  return { race: now, event: made };
}

async function update({ races, mayWriteRaces }: RaceWriting, request: SendRequest): Promise<Found> {
  const { raceId, eventId } = parseEventId(request.remoteId ?? '');
  const eventOf = (race: ReadRace) => race.events.find((candidate) => candidate.eventId === eventId);
  const present = (race: ReadRace): Found => {
    const event = eventOf(race);
    if (event !== undefined) return { race, event };
    throw new SyncError('rejected', `RunSignup's race/${raceId} has no event ${eventId}: unlink it, or link another`, {
      code: 'gone',
    });
  };
  if (!mayWriteRaces) return present(await races.read(raceId));

  const differing = (race: ReadRace) =>
    differingPlaces(race.zone, request.content, raceContent(race, present(race).event));
  const { before, after } = await races.edit(raceId, (race) => {
    const fields = Object.fromEntries(differing(race).map(({ at, value }) => [at.name, value]));
    return Object.keys(fields).length === 0 ? null : { event: { eventId, fields } };
  });
  const left = after === null ? [] : differing(after);
  if (left.length > 0) {
    throw notStored(
      `event ${eventId}`,
      left.map(({ field }) => field),
    );
  }
  return present(after ?? before);
}

function linkedRace({ key, references }: SendRequest): string {
  for (const [ref, remoteId] of references) if (ref.startsWith('Event/')) return remoteId;
  throw new SyncError('rejected', `the event of Race/${key} is linked to no RunSignup race: link it`, {
    code: 'not-linked',
  });
}

/** Matches name and local start to the minute. @throws SyncError of class `rejected` if several events match. */
function find(race: ReadRace, events: readonly ReadEvent[], { key, content }: SendRequest): ReadEvent | undefined {
  const name = textOf(content['name'])?.toLowerCase();
  const start = startOf(race, content['startsOn']);
  if (name === undefined || start === null) return undefined;
  const found = events.filter(
    (event) => !event.volunteer && singleSpaced(event.name)?.toLowerCase() === name && event.start.equals(start),
  );
  if (found.length > 1) {
    throw new SyncError(
      'rejected',
      `several events of RunSignup's race/${race.raceId} could be Race/${key}: link one`,
      {
        code: 'ambiguous',
      },
    );
  }
  return found[0];
}

function newEvent(race: ReadRace, { key, content }: SendRequest): EventChange['fields'] {
  const name = textOf(content['name']);
  if (name === null || startOf(race, content['startsOn']) === null) {
    throw new SyncError('rejected', `Race/${key} needs a name and a start before RunSignup can have it`, {
      code: 'incomplete',
      field: name === null ? 'name' : 'startsOn',
    });
  }
  return Object.fromEntries(differingPlaces(race.zone, content, {}).map(({ at, value }) => [at.name, value]));
}

/**
 * Compared in written form, because RunSignup cannot distinguish the two hours of autumn. Fields without a value in EMS
 * are left alone.
 */
function differingPlaces(zone: string, content: Content, held: Content) {
  return eventPlaces.flatMap(([field, at]) => {
    const { write } = EVENT_FORMS[at.form];
    const value = write(content[field], zone);
    return value === null || value === write(held[field], zone) ? [] : [{ field, at, value }];
  });
}

function startOf({ zone }: ReadRace, value: unknown): Temporal.PlainDateTime | null {
  return typeof value === 'string' ? wallOf(parseMinute(value), zone) : null;
}
