import type { FastifyInstance } from 'fastify';
import { RunSignupError } from './error-codes.ts';
import { sendAnswer } from './http.ts';
import { listProperty } from './loose.ts';
import { Parameters } from './parameters.ts';
import { userBody } from './participant-representation.ts';
import { raceBody } from './race-representation.ts';
import type { RaceEvent } from './records.ts';
import { type RunSignup, lagOf, nowSeconds } from './runsignup.ts';
import { todayEastern } from './times.ts';

const RACES_PER_PAGE = 1000;

/** `GET /races`, `GET /race/{id}` and `GET /user/{id}`. */
export function addRaceReads(scope: FastifyInstance, server: RunSignup): void {
  const { store } = server;

  scope.get('/races', async (request, reply) => {
    const query = new Parameters(request);
    const now = nowSeconds(server);
    const { refuseOversizedPages, emptyListsAreLeftOut } = server.assumptions;
    const { limit, offset } = query.page(RACES_PER_PAGE, refuseOversizedPages);
    // Without a date, past races are hidden: the vendor's default.
    const from = query.date('start_date', now) ?? todayEastern(now);
    const to = query.date('end_date', now) ?? '9999-12-31';
    const name = query.text('name')?.toLowerCase();
    const state = query.text('state');
    const modifiedFrom = server.assumptions.racesKnowModifiedSince ? query.int('modified_since') : undefined;
    const asOf = lagOf(server, request);

    const found = store
      .list('race', { modifiedFrom }, asOf)
      .filter((race) => state === undefined || race.address.state === state)
      .filter((race) => name === undefined || race.name.toLowerCase().includes(name))
      .map((race) => ({ race, events: store.list('event', { parent: race.raceId }, asOf) }))
      .filter(({ events }) => events.some(({ start }) => start.slice(0, 10) >= from && start.slice(0, 10) <= to));
    const races = found.slice(offset, offset + limit).map(({ race, events }) => ({
      race: raceBody(
        race,
        { events, withEvents: query.flag('events'), withEventDays: false, emptyListsAreLeftOut },
        now,
      ),
    }));
    return sendAnswer(request, reply, listProperty('races', races, emptyListsAreLeftOut));
  });

  scope.get<{ Params: { raceId: string } }>('/race/:raceId(^\\d+$)', async (request, reply) => {
    const query = new Parameters(request);
    const asOf = lagOf(server, request);
    const now = nowSeconds(server);
    const race = store.find('race', Number(request.params.raceId), asOf);
    if (race === undefined) throw new RunSignupError(201);
    const events = store.list('event', { parent: race.raceId }, asOf);
    const parts = {
      events,
      shown: shownEvents(events, query, todayEastern(now)),
      withEvents: true,
      withEventDays: query.flag('include_event_days'),
      emptyListsAreLeftOut: server.assumptions.emptyListsAreLeftOut,
    };
    return sendAnswer(request, reply, { race: raceBody(race, parts, now) });
  });

  scope.get<{ Params: { userId: string } }>('/user/:userId(^\\d+$)', async (request, reply) => {
    const user = store.find('user', Number(request.params.userId), lagOf(server, request));
    if (user === undefined) throw new RunSignupError(101);
    return sendAnswer(request, reply, {
      user: userBody(user, { showsX: new Parameters(request).flag('supports_nb') }),
    });
  });
}

function shownEvents(events: readonly RaceEvent[], query: Parameters, today: string): RaceEvent[] {
  const daysId = query.int('race_event_days_id');
  const newest = events.toSorted((left, right) => right.start.localeCompare(left.start))[0]?.raceEventDaysId;
  return events
    .filter((event) => !query.flag('future_events_only') || event.start.slice(0, 10) >= today)
    .filter((event) => !query.flag('most_recent_events_only') || event.raceEventDaysId === newest)
    .filter((event) => daysId === undefined || event.raceEventDaysId === daysId);
}
