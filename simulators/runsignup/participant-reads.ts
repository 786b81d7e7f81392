import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RunSignupError } from './error-codes.ts';
import { sendAnswer } from './http.ts';
import { listProperty } from './loose.ts';
import { Parameters } from './parameters.ts';
import { type RegistrationParts, participantBody, removedBody } from './participant-representation.ts';
import type { RaceEvent, Registration, User } from './records.ts';
import { type RunSignup, lagOf, targetOf } from './runsignup.ts';
import type { AsOf, Selection } from './store.ts';

const PARTICIPANTS_PER_PAGE = 2500;

interface RaceParams {
  Params: { raceId: string };
}

/** `GET participants` (active registrations) and `GET removed-participants` (the deletion feed), by event and page. */
export function addParticipantReads(scope: FastifyInstance, server: RunSignup): void {
  const participantList = (rows: readonly object[]) =>
    listProperty('participants', rows, server.assumptions.emptyListsAreLeftOut);

  scope.get<RaceParams>('/race/:raceId(^\\d+$)/participants', async (request, reply) => {
    const read = startRead(server, request);
    const answer = read.events.map((event) => ({
      event: { event_id: event.eventId, name: event.name, participants: [] },
      ...participantList(
        pageOf(server, read, event, true).map((registration) =>
          participantBody(registration, partsOf(server, read, event, registration)),
        ),
      ),
    }));
    return sendAnswer(request, reply, answer);
  });

  scope.get<RaceParams>('/race/:raceId(^\\d+$)/removed-participants', async (request, reply) => {
    const read = startRead(server, request);
    const asked = read.query.text('condensed_format');
    const condensed = asked === undefined ? server.assumptions.removedCondensedByDefault : asked === 'T';
    const answer = read.events.map((event) => ({
      event: {
        event_id: event.eventId,
        ...participantList(
          pageOf(server, read, event, false).map((registration) =>
            removedBody(registration, condensed ? undefined : partsOf(server, read, event, registration)),
          ),
        ),
      },
    }));
    return sendAnswer(request, reply, answer);
  });
}

interface Read {
  readonly query: Parameters;
  readonly events: readonly RaceEvent[];
  readonly asOf: AsOf;
  readonly view: RegistrationParts['view'];
}

/** @throws RunSignupError 201 for an unknown race, 15 for another race's event. */
function startRead(server: RunSignup, request: FastifyRequest<RaceParams>): Read {
  const { store, faults, assumptions } = server;
  const query = new Parameters(request);
  const asOf = lagOf(server, request);
  const race = store.find('race', Number(request.params.raceId), asOf);
  if (race === undefined) throw new RunSignupError(201);
  const events = query.ids('event_id').map((eventId) => {
    const event = store.find('event', eventId, asOf);
    if (event?.raceId !== race.raceId) throw new RunSignupError(15);
    return event;
  });
  const withheld = faults.take('withholdPersonalData', targetOf(request)) !== undefined;
  const view = { showsX: query.flag('supports_nb'), withheldAs: withheld ? assumptions.withheldComesAs : undefined };
  return { query, events, asOf, view };
}

function pageOf({ store, assumptions }: RunSignup, { query, asOf }: Read, event: RaceEvent, active: boolean) {
  const { limit, offset } = query.page(PARTICIPANTS_PER_PAGE, assumptions.refuseOversizedPages);
  const after = query.int('after_registration_id');
  const selection: Selection = {
    parent: event.eventId,
    active,
    after,
    // Inclusive: the last row of the previous page is returned again.
    modifiedFrom: query.int('modified_after_timestamp'),
  };
  const sort = query.text('sort') ?? (after === undefined ? assumptions.defaultSort : 'registration_id');
  const [column = '', direction = 'ASC'] = sort.trim().split(/\s+/);
  if (!/^(asc|desc)$/i.test(direction)) throw new RunSignupError(3);
  const descending = direction.toLowerCase() === 'desc';
  if (column === 'registration_id' && !descending)
    return store.list('registration', { ...selection, limit, offset }, asOf);

  const keyOf = sortKeys[column];
  if (keyOf === undefined) throw new RunSignupError(3);
  const keyed = store.list('registration', selection, asOf).map((registration) => ({
    registration,
    key: keyOf(registration, store.find('user', registration.userId, asOf)),
  }));
  const sign = descending ? -1 : 1;
  return keyed
    .sort(
      (left, right) =>
        sign * (compare(left.key, right.key) || left.registration.registrationId - right.registration.registrationId),
    )
    .slice(offset, offset + limit)
    .map(({ registration }) => registration);
}

const compare = (left: string | number, right: string | number): number => (left < right ? -1 : left > right ? 1 : 0);

/** The sort keys of participants. */
const sortKeys: Readonly<Record<string, (registration: Registration, user: User | undefined) => string | number>> = {
  registration_id: ({ registrationId }) => registrationId,
  registration_date: ({ registeredAt }) => registeredAt,
  last_modified: ({ modifiedAt }) => modifiedAt,
  bib_num: ({ bib }) => Number(bib ?? 0),
  first_name: (_registration, user) => user?.firstName?.toLowerCase() ?? '',
  last_name: (_registration, user) => user?.lastName?.toLowerCase() ?? '',
};

function partsOf(
  { store, assumptions }: RunSignup,
  { asOf, view }: Read,
  event: RaceEvent,
  registration: Registration,
): RegistrationParts {
  const { userId, teamId, registrationId } = registration;
  const user = store.find('user', userId, asOf);
  if (user === undefined) throw new Error(`Registration ${registrationId} has no user ${userId}.`);
  const team = teamId === null ? undefined : store.find('team', teamId, asOf);
  return { user, event, team, view, numbersComeAs: assumptions.numbersComeAs };
}
