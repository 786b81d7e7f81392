import type { StartedRunSignup } from '../../simulators/runsignup/start.ts';

export type Query = Readonly<Record<string, string | number>>;

type Form = Readonly<Record<string, string>>;

/** The form field that every write of participants needs. */
export const ANY_PARTICIPANT: Form = { restrict_potential_dup: 'F' };

/** Calls a simulated RunSignup as a client does. Answers are parsed JSON, not validated. */
export function callsOf(runSignup: StartedRunSignup) {
  const urlOf = (path: string, query: Query): string => {
    const parameters = new URLSearchParams({ rsu_api_key: runSignup.key, format: 'json' });
    for (const [name, value] of Object.entries(query)) parameters.set(name, String(value));
    return `${runSignup.url}/rest${path}?${parameters.toString()}`;
  };
  const headers = { 'x-rsu-api-secret': runSignup.secret };

  const getRaw = (path: string, query: Query = {}): Promise<Response> => fetch(urlOf(path, query), { headers });
  const postRaw = (path: string, request: unknown, query: Query = {}, form: Form = {}): Promise<Response> =>
    fetch(urlOf(path, { request_format: 'json', ...query }), {
      method: 'POST',
      headers,
      body: new URLSearchParams({ ...form, request: JSON.stringify(request) }),
    });

  return {
    getRaw,
    postRaw,
    get: async (path: string, query?: Query) => parsed(await getRaw(path, query)),
    post: async (path: string, request: unknown, query?: Query, form?: Form) =>
      parsed(await postRaw(path, request, query, form)),
  };
}

/** Untyped, because the tests are about its content. */
const parsed = async (answer: Response) => JSON.parse(await answer.text());

export type Calls = ReturnType<typeof callsOf>;

/** A race in New York with two events, and no registration yet. */
export async function harbourWeekend({ control }: StartedRunSignup) {
  const { raceId, eventIds } = await control.backdoor({
    do: 'create-race',
    race: {
      name: 'Harbour Weekend',
      urlString: 'HarbourWeekend',
      description: '<p>By the sea</p>',
      address: { street: '1 Quay St.', city: 'Moorestown', state: 'NJ', zipcode: '08057', country_code: 'US' },
    },
    events: [
      { name: '8K', start: '2099-06-07T08:30', distance: '8K' },
      { name: 'Half', start: '2099-06-07T09:30', distance: '13.1 Miles' },
    ],
  });
  const [eightK = 0, half = 0] = eventIds;
  return { raceId, eightK, half };
}

/** An invented person with an account. */
export const margie = {
  firstName: 'Margie',
  lastName: 'Example',
  email: 'margie@example.org',
  dob: '1986-01-06',
  gender: 'F',
  phone: '856-850-1510',
  address: { street: '2 Quay St.', city: 'Moorestown', state: 'NJ', zipcode: '08057', country_code: 'US' },
} as const;

/** The offset that sets the virtual clock to this moment. */
export const clockAt = (instant: string): number => Date.parse(instant) - Date.now();
