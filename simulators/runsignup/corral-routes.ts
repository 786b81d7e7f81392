import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RunSignupError } from './error-codes.ts';
import { requestObject, sendAnswer } from './http.ts';
import { listProperty, looseInt, looseText, objectsOf } from './loose.ts';
import { Parameters } from './parameters.ts';
import type { Corral } from './records.ts';
import { type RunSignup, lagOf } from './runsignup.ts';

/**
 * `GET /race/{id}/corrals`, and `POST /v2/corrals/manage-corrals.json`: an entry with an id replaces a corral, one
 * without creates one; ids are returned in the order of the request. Both calls need the edition.
 */
export function addCorralRoutes(scope: FastifyInstance, server: RunSignup): void {
  const { store } = server;

  scope.get<{ Params: { raceId: string } }>('/race/:raceId(^\\d+$)/corrals', async (request, reply) => {
    const { raceId, daysId } = editionOf(server, request, Number(request.params.raceId));
    const { corralsTell, emptyListsAreLeftOut } = server.assumptions;
    const corrals = store
      .list('corral', { parent: raceId }, lagOf(server, request))
      .filter(({ raceEventDaysId }) => raceEventDaysId === daysId)
      .map((corral) => corralBody(corral, corralsTell));
    return sendAnswer(request, reply, listProperty('race_corrals', corrals, emptyListsAreLeftOut));
  });

  scope.post('/v2/corrals/manage-corrals.json', async (request, reply) => {
    const sent = objectsOf(requestObject(request)['race_corrals']);
    const edition = editionOf(server, request, new Parameters(request).int('race_id'));
    const ids = store.atomically(() =>
      sent.map((one) => {
        const corral = corralOf(server, edition, one);
        store.save('corral', corral.raceCorralId, corral);
        return corral.raceCorralId;
      }),
    );
    request.journalEntry.outcome = `saved ${ids.length}`;
    return sendAnswer(request, reply, listProperty('race_corral_ids', ids, server.assumptions.emptyListsAreLeftOut));
  });
}

interface Edition {
  readonly raceId: number;
  readonly daysId: number;
}

/** @throws RunSignupError 201 for an unknown race, 3 without an edition, 15 for another race's edition. */
function editionOf({ store }: RunSignup, request: FastifyRequest, raceId: number | undefined): Edition {
  if (raceId === undefined || store.find('race', raceId) === undefined) throw new RunSignupError(201);
  const daysId = new Parameters(request).int('race_event_days_id');
  if (daysId === undefined) throw new RunSignupError(3);
  const known = store.list('event', { parent: raceId }).some(({ raceEventDaysId }) => raceEventDaysId === daysId);
  if (!known) throw new RunSignupError(15);
  return { raceId, daysId };
}

function corralBody(corral: Corral, tells: 'name' | 'all') {
  const told = { race_corral_id: corral.raceCorralId, corral_name: corral.name };
  if (tells === 'name') return told;
  return {
    ...told,
    corral_start_desc: corral.startDescription,
    corral_desc: corral.description,
    applicable_event_ids: corral.eventIds,
    sort_order: corral.sortOrder,
  };
}

/** Missing fields become null, unlike those of participants. */
function corralOf({ store }: RunSignup, { raceId, daysId }: Edition, sent: Readonly<Record<string, unknown>>): Corral {
  const asked = looseInt(sent['race_corral_id'], 15) ?? undefined;
  const before = asked === undefined ? undefined : store.find('corral', asked);
  if (asked !== undefined && (before?.raceId !== raceId || before.raceEventDaysId !== daysId)) {
    throw new RunSignupError(15);
  }
  const name = looseText(sent['corral_name'], 11, true) ?? null;
  if (name === null) throw new RunSignupError(11);
  const given: unknown = sent['applicable_event_ids'] ?? [];
  if (!Array.isArray(given)) throw new RunSignupError(11);
  const eventIds = given.map((id: unknown) => looseInt(id, 223) ?? 0);
  const isOfEdition = (id: number) => {
    const event = store.find('event', id);
    return event?.raceId === raceId && event.raceEventDaysId === daysId;
  };
  if (!eventIds.every(isOfEdition)) throw new RunSignupError(223);
  return {
    raceCorralId: asked ?? store.nextId('corral'),
    raceId,
    raceEventDaysId: daysId,
    name,
    startDescription: looseText(sent['corral_start_desc'], 11, false) ?? null,
    description: looseText(sent['corral_desc'], 11, false) ?? null,
    eventIds,
    sortOrder: looseInt(sent['sort_order'], 11) ?? null,
  };
}
