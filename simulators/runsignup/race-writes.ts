import type { FastifyInstance } from 'fastify';
import { deleteEvent } from './delete-event.ts';
import { RunSignupError } from './error-codes.ts';
import { eventOf } from './event-rules.ts';
import { requestObject, sendAnswer } from './http.ts';
import { looseFlag, looseText, objectsOf } from './loose.ts';
import { Parameters } from './parameters.ts';
import { addressOf } from './person-rules.ts';
import { type Race, type RaceEvent, emptyAddress } from './records.ts';
import { type RunSignup, nowSeconds } from './runsignup.ts';
import { isZone, todayIn } from './times.ts';

type Sent = Readonly<Record<string, unknown>>;

/** `POST /race`: creates a race; with `race_id` replaces the whole race. */
export function addRaceWrites(scope: FastifyInstance, server: RunSignup): void {
  const { store } = server;

  scope.post('/race', async (request, reply) => {
    const sent = requestObject(request);
    const query = new Parameters(request);
    const raceId = query.int('race_id');
    const before = raceId === undefined ? undefined : store.find('race', raceId);
    if (raceId !== undefined && before === undefined) throw new RunSignupError(201);

    const flag = (name: string): boolean => {
      const { raceFlagsIn } = server.assumptions;
      return (raceFlagsIn !== 'body' && query.flag(name)) || (raceFlagsIn !== 'query' && looseFlag(sent[name]));
    };
    const race = store.atomically(() => {
      const replaced = raceOf(server, sent, before);
      store.save('race', replaced.raceId, replaced);
      replaceEvents(server, replaced, sent['events'], {
        preserveMissing: flag('preserve_missing_events'),
        allowPast: flag('allow_past_event_creation'),
      });
      return replaced;
    });
    request.journalEntry.outcome = before === undefined ? 'created' : 'replaced';

    const events = store
      .list('event', { parent: race.raceId })
      .map(({ eventId, name }) => ({ event_id: eventId, name }));
    return sendAnswer(request, reply, {
      race_id: race.raceId,
      ...(server.assumptions.raceAnswerNamesEvents ? { events } : {}),
    });
  });
}

/** The whole race as sent: missing fields become null or their default. `url_string` counts only on creation. */
function raceOf(server: RunSignup, sent: Sent, before: Race | undefined): Race {
  const { assumptions } = server;
  const now = nowSeconds(server);
  const text = (name: string, code = 11): string | null => looseText(sent[name], code, assumptions.trimTexts) ?? null;

  const name = text('name', 203);
  if (name === null) throw new RunSignupError(203);
  const timezone = text('timezone', 214) ?? 'America/New_York';
  if (!isZone(timezone)) throw new RunSignupError(214);
  const description = text('description');
  return {
    raceId: before?.raceId ?? server.store.nextId('race'),
    urlString: before?.urlString ?? newUrlString(server, text('url_string', 215)),
    private: before?.private ?? false,
    registrationOpen: before?.registrationOpen ?? false,
    createdAt: before?.createdAt ?? now,
    modifiedAt: now,
    name,
    draft: looseFlag(sent['draft_race']),
    description: description !== null && assumptions.sanitiseDescriptions ? sanitised(description) : description,
    externalUrl: text('external_race_url'),
    logoUrl: text('logo_url'),
    contactEmail: text('contact_email', 108),
    timezone,
    address: addressOf(sent['address'], emptyAddress, assumptions),
  };
}

function newUrlString({ store }: RunSignup, urlString: string | null): string {
  if (urlString === null || !/^[A-Za-z0-9]{2,64}$/.test(urlString)) throw new RunSignupError(215);
  const taken = store.list('race').some((race) => race.urlString.toLowerCase() === urlString.toLowerCase());
  if (taken) throw new RunSignupError(216);
  return urlString;
}

const sanitised = (html: string): string =>
  html
    .replaceAll(/<(script|style|iframe)\b[\s\S]*?(<\/\1\s*>|$)/gi, '')
    .replaceAll(/\son\w+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, '');

interface EventFlags {
  readonly preserveMissing: boolean;
  readonly allowPast: boolean;
}

/** Deletes the events that were left out, with their registrations, as the vendor does. */
function replaceEvents(
  server: RunSignup,
  race: Race,
  sentEvents: unknown,
  { preserveMissing, allowPast }: EventFlags,
): void {
  const { store } = server;
  const sent = sentEvents === undefined || sentEvents === null ? [] : objectsOf(sentEvents);
  if (sent.length === 0) throw new RunSignupError(217);

  const existing = store.list('event', { parent: race.raceId });
  const byId = new Map(existing.map((event) => [event.eventId, event]));
  const now = nowSeconds(server);
  const events = sent.map((one) => eventOf(one, { race, byId, allowPast, now }));
  const given = events.flatMap(({ eventId }) => eventId ?? []);
  if (new Set(given).size !== given.length) throw new RunSignupError(223);

  const renewal = existing.length > 0 && given.length === 0;
  if (renewal) refuseUnlessRenewable(existing, events, todayIn(race.timezone, now));
  const raceEventDaysId =
    renewal || existing.length === 0
      ? store.nextId('raceEventDays')
      : Math.max(...existing.map((event) => event.raceEventDaysId));
  for (const event of events) {
    const eventId = event.eventId ?? store.nextId('event');
    const days = byId.get(eventId)?.raceEventDaysId ?? raceEventDaysId;
    store.save('event', eventId, { ...event, eventId, raceEventDaysId: days });
  }
  if (preserveMissing || renewal) return;
  for (const { eventId } of existing) if (!given.includes(eventId)) deleteEvent(store, eventId);
}

/**
 * Only new events means next year's edition: they must start after all existing ones, and none of those may be in the
 * future.
 */
function refuseUnlessRenewable(
  existing: readonly RaceEvent[],
  events: readonly { start: string }[],
  today: string,
): void {
  const newest = existing.map(({ start }) => start).reduce((left, right) => (left > right ? left : right));
  if (newest.slice(0, 10) >= today || events.some(({ start }) => start <= newest)) throw new RunSignupError(224);
}
