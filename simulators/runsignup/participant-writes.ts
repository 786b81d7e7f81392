import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RunSignupError } from './error-codes.ts';
import { formField, requestObject, sendAnswer } from './http.ts';
import { listProperty, looseInt, objectsOf } from './loose.ts';
import { Parameters } from './parameters.ts';
import { type WriteContext, addParticipant, editParticipant } from './participant-rules.ts';
import type { RaceEvent } from './records.ts';
import { removeRegistration } from './registrations.ts';
import { type RunSignup, nowSeconds, targetOf } from './runsignup.ts';

interface RaceParams {
  Params: { raceId: string };
}

const MAX_DELETED = 250;

/** Codes that refuse one entry but not the call. */
const PER_ENTRY = new Set([514, 515]);

/** `POST participants` (adds, and edits by registration_id) and `POST delete-participants`. */
export function addParticipantWrites(scope: FastifyInstance, server: RunSignup): void {
  const { store } = server;

  scope.post<RaceParams>('/race/:raceId(^\\d+$)/participants', async (request, reply) => {
    const entries = objectsOf(requestObject(request)['participants']);
    const { maxParticipantsPerCall, refusedCallKeepsEarlierEntries } = server.assumptions;
    if (maxParticipantsPerCall !== null && entries.length > maxParticipantsPerCall) throw new RunSignupError(11);
    const context: WriteContext = {
      server,
      event: eventOf(server, request),
      restrictsDuplicates: restrictsDuplicates(server, request),
      safeSync: server.faults.take('safeSync', targetOf(request)) !== undefined,
    };

    const each = () => entries.map((entry) => store.atomically(() => writeOne(context, entry)));
    const answers = refusedCallKeepsEarlierEntries ? each() : store.atomically(each);
    const count = (wanted: Written['did']) => answers.filter(({ did }) => did === wanted).length;
    request.journalEntry.outcome = `added ${count('added')}, edited ${count('edited')}, refused ${count('refused')}`;
    const written = answers.map(({ answer }) => answer);
    return sendAnswer(request, reply, listProperty('participants', written, server.assumptions.emptyListsAreLeftOut));
  });

  scope.post<RaceParams>('/race/:raceId(^\\d+$)/delete-participants', async (request, reply) => {
    const entries = objectsOf(requestObject(request)['registrations']);
    if (entries.length > MAX_DELETED) throw new RunSignupError(11);
    const query = new Parameters(request);
    const raceId = Number(request.params.raceId);
    if (store.find('race', raceId) === undefined) throw new RunSignupError(201);
    const eventId = query.int('event_id');
    const anyOrigin = query.flag('allow_non_imports');

    const participants = store.atomically(() =>
      entries.map((entry) => {
        const registration = store.find('registration', looseInt(entry['registration_id'], 15) ?? 0);
        const its = registration?.raceId === raceId && (eventId === undefined || registration.eventId === eventId);
        if (!its || registration.removedReason !== null) throw new RunSignupError(15);
        if (!registration.imported && !anyOrigin) throw new RunSignupError(7);
        removeRegistration(store, registration, {
          reason: 'removed',
          newRegistrationId: null,
          now: nowSeconds(server),
        });
        return { registration_id: registration.registrationId };
      }),
    );
    request.journalEntry.outcome = `deleted ${participants.length}`;
    return sendAnswer(
      request,
      reply,
      listProperty('participants', participants, server.assumptions.emptyListsAreLeftOut),
    );
  });
}

/** @throws RunSignupError 3 if the form's value is missing or invalid. */
function restrictsDuplicates({ assumptions }: RunSignup, request: FastifyRequest): boolean {
  const said = formField(request, 'restrict_potential_dup');
  if (said === 'T' || said === 'F') return said === 'T';
  if (said !== undefined || assumptions.restrictPotentialDupIsRequired) throw new RunSignupError(3);
  return false;
}

/** @throws RunSignupError 201 for an unknown race, 3 without an event, 15 for another race's event. */
function eventOf({ store }: RunSignup, request: FastifyRequest<RaceParams>): RaceEvent {
  const raceId = Number(request.params.raceId);
  if (store.find('race', raceId) === undefined) throw new RunSignupError(201);
  const eventId = new Parameters(request).int('event_id');
  if (eventId === undefined) throw new RunSignupError(3);
  const event = store.find('event', eventId);
  if (event?.raceId !== raceId) throw new RunSignupError(15);
  return event;
}

interface Written {
  readonly did: 'added' | 'edited' | 'refused';
  readonly answer: object;
}

function writeOne(context: WriteContext, entry: Readonly<Record<string, unknown>>): Written {
  const registrationId = looseInt(entry['registration_id'], 15) ?? undefined;
  try {
    // A nested savepoint: if a team refuses the entry, the whole entry is rolled back.
    const registration = context.server.store.atomically(() =>
      registrationId === undefined ? addParticipant(context, entry) : editParticipant(context, registrationId, entry),
    );
    const did = registrationId === undefined ? 'added' : 'edited';
    return { did, answer: { registration_id: registration.registrationId } };
  } catch (error) {
    if (!(error instanceof RunSignupError) || !PER_ENTRY.has(error.code)) throw error;
    const named = registrationId === undefined ? {} : { registration_id: registrationId };
    return { did: 'refused', answer: { ...named, ...error.body() } };
  }
}
