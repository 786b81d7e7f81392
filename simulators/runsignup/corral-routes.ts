import type { FastifyInstance } from 'fastify';
import { RunSignupError } from './error-codes.ts';
import { requestObject, sendAnswer } from './http.ts';
import { listProperty, looseInt, looseText, objectsOf } from './loose.ts';
import { Parameters } from './parameters.ts';
import type { Corral, Race } from './records.ts';
import type { RunSignup } from './runsignup.ts';

/** `POST /v2/corrals/manage-corrals.json`: with an id replaces one, without creates one; ids come in order of the request. */
export function addCorralRoutes(scope: FastifyInstance, server: RunSignup): void {
  const { store } = server;

  scope.post('/v2/corrals/manage-corrals.json', async (request, reply) => {
    const sent = objectsOf(requestObject(request)['race_corrals']);
    const raceId = new Parameters(request).int('race_id');
    const race = raceId === undefined ? undefined : store.find('race', raceId);
    if (race === undefined) throw new RunSignupError(201);
    const ids = store.atomically(() =>
      sent.map((one) => {
        const corral = corralOf(server, race, one);
        store.save('corral', corral.raceCorralId, corral);
        return corral.raceCorralId;
      }),
    );
    request.journalEntry.outcome = `saved ${ids.length}`;
    return sendAnswer(request, reply, listProperty('race_corral_ids', ids, server.assumptions.emptyListsAreLeftOut));
  });
}

/** Fields that are missing are null: the opposite of participants. */
function corralOf({ store }: RunSignup, race: Race, sent: Readonly<Record<string, unknown>>): Corral {
  const asked = looseInt(sent['race_corral_id'], 15) ?? undefined;
  if (asked !== undefined && store.find('corral', asked)?.raceId !== race.raceId) throw new RunSignupError(15);
  const name = looseText(sent['corral_name'], 11, true) ?? null;
  if (name === null) throw new RunSignupError(11);
  const given: unknown = sent['applicable_event_ids'] ?? [];
  if (!Array.isArray(given)) throw new RunSignupError(11);
  const eventIds = given.map((id: unknown) => looseInt(id, 223) ?? 0);
  if (eventIds.some((id) => store.find('event', id)?.raceId !== race.raceId)) throw new RunSignupError(223);
  return {
    raceCorralId: asked ?? store.nextId('corral'),
    raceId: race.raceId,
    name,
    startDescription: looseText(sent['corral_start_desc'], 11, false) ?? null,
    description: looseText(sent['corral_desc'], 11, false) ?? null,
    eventIds,
    sortOrder: looseInt(sent['sort_order'], 11) ?? null,
  };
}
