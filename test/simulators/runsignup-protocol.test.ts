import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type StartedRunSignup, startRunSignup } from '../../simulators/runsignup/start.ts';
import { ANY_PARTICIPANT, type Calls, callsOf, clockAt, harbourWeekend } from './runsignup-calls.ts';

let runSignup: StartedRunSignup;
let calls: Calls;
let raceId: number;
let eightK: number;

beforeAll(async () => {
  runSignup = await startRunSignup({ key: 'K1', secret: 'S3CRET', callerRegistrationFrom: '2127-01-01' });
  calls = callsOf(runSignup);
});

beforeEach(async () => {
  ({ raceId, eightK } = await harbourWeekend(runSignup));
});

afterEach(async () => {
  await runSignup?.control.reset();
});

afterAll(async () => {
  await runSignup?.stop();
});

const errorOf = (code: number) => ({ error: { error_code: code, error_msg: expect.any(String) } });

/** Any request, with nothing added. */
const bare = async (pathAndQuery: string, init: RequestInit = {}) => {
  const answer = await fetch(`${runSignup.url}${pathAndQuery}`, init);
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
};

describe('authentication', () => {
  const races = '/rest/races?format=json';

  test.each([
    ['key and secret in the query', '&api_key=K1&api_secret=S3CRET', {}],
    ['key in the query, secret in a header', '&rsu_api_key=K1', { 'x-rsu-api-secret': 'S3CRET' }],
  ])('%s are accepted', async (_what, query, headers) => {
    expect(JSON.parse((await bare(races + query, { headers })).text)).toHaveProperty('races');
  });

  test.each([
    ['nothing', '', {}],
    ['a wrong secret in the query', '&api_key=K1&api_secret=x', {}],
    ['a wrong secret in the header', '&rsu_api_key=K1', { 'x-rsu-api-secret': 'x' }],
    ['the secret of one way with the key of the other', '&api_key=K1', { 'x-rsu-api-secret': 'S3CRET' }],
  ])('%s is error 6 inside HTTP 200', async (_what, query, headers) => {
    const { status, text } = await bare(races + query, { headers: headers as Record<string, string> });
    expect([status, JSON.parse(text)]).toEqual([
      200,
      { error: { error_code: 6, error_msg: 'Key authentication failed' } },
    ]);
  });

  const registered = async () => {
    const path = `${races}&rsu_api_key=K1&rsu_api_reg=${runSignup.callerRegistration}`;
    const registration = { 'x-rsu-api-reg-secret': runSignup.callerRegistrationSecret };
    return JSON.parse((await bare(path, { headers: { 'x-rsu-api-secret': 'S3CRET', ...registration } })).text);
  };

  test('a knob asks for the registration of the caller beside the key', async () => {
    await runSignup.control.setFaults({ requireCallerRegistration: {} });
    expect(await calls.get('/races')).toEqual(errorOf(6));
    expect(await calls.get('/races', { rsu_api_reg: runSignup.callerRegistration })).toEqual(errorOf(6));
    expect(await registered()).toHaveProperty('races');
  });

  test('so does the date from which it is required, by the virtual clock and US Eastern', async () => {
    await runSignup.control.setClock(clockAt('2127-01-01T04:59:00Z'));
    expect(await calls.get('/races')).not.toHaveProperty('error');
    await runSignup.control.setClock(clockAt('2127-01-01T05:01:00Z'));
    expect(await calls.get('/races')).toEqual(errorOf(6));
    expect(await registered()).not.toHaveProperty('error');
  });

  test('the journal has no secret, although they travel in URLs', async () => {
    await bare(`${races}&api_key=K1&api_secret=S3CRET&rsu%5Fapi_reg=REG&page=1`);
    const journal = await runSignup.control.journal();
    expect(JSON.stringify(journal)).not.toMatch(/S3CRET|K1|REG\b/);
    expect(journal.at(-1)?.path).toBe(
      '/rest/races?format=json&api_key=REDACTED&api_secret=REDACTED&rsu%5Fapi_reg=REDACTED&page=1',
    );
  });
});

describe('formats', () => {
  test('XML comes where format=json was forgotten, errors too', async () => {
    const race = await calls.getRaw(`/race/${raceId}`, { format: '' });
    expect([race.status, race.headers.get('content-type')]).toEqual([200, 'text/xml; charset=utf-8']);
    const text = await race.text();
    expect(text).toMatch(/^<\?xml .*\?>\n<race><race_id>\d+<\/race_id><name>Harbour Weekend<\/name>/);
    expect(text).toContain('<description>&lt;p&gt;By the sea&lt;/p&gt;</description>');
    const error = await calls.getRaw('/race/1', { format: 'xml' });
    expect(await error.text()).toContain(
      '<error><error_code>201</error_code><error_msg>Race not found</error_msg></error>',
    );
  });

  test('a JSON request without request_format=json is error 11, and has no effect', async () => {
    const add = { participants: [{ first_name: 'Ana', last_name: 'Exemplo' }] };
    const path = `/race/${raceId}/participants`;
    expect(await calls.post(path, add, { event_id: eightK, request_format: '' })).toEqual(errorOf(11));
    expect((await runSignup.control.state()).registrations).toEqual({});
    expect((await runSignup.control.journal()).at(-1)).toMatchObject({ outcome: 'error 11', body: { request: add } });
  });

  test('multipart is read as well as urlencoded; a JSON body is an empty form', async () => {
    const url = `/rest/race/${raceId}/participants?format=json&request_format=json&event_id=${eightK}&rsu_api_key=K1`;
    const headers = { 'x-rsu-api-secret': 'S3CRET' };
    const form = new FormData();
    form.set('restrict_potential_dup', 'F');
    form.set('request', '{"participants":[{"user":{"first_name":"Ana","last_name":"Exemplo"}}]}');
    const sent = await bare(url, { method: 'POST', headers, body: form });
    expect(JSON.parse(sent.text)).toEqual({ participants: [{ registration_id: expect.any(Number) }] });
    const json = { ...headers, 'content-type': 'application/json' };
    expect(JSON.parse((await bare(url, { method: 'POST', headers: json, body: '{}' })).text)).toEqual(errorOf(11));
  });

  test('a request that is no JSON is error 11', async () => {
    expect(await calls.post('/race', 'oh')).toEqual(errorOf(11));
    expect(await calls.post('/race', [])).toEqual(errorOf(11));
  });

  test('both spellings of the base are served', async () => {
    const { text } = await bare('/Rest/races?format=json&api_key=K1&api_secret=S3CRET');
    expect(JSON.parse(text)).toMatchObject({ races: [{ race: { race_id: raceId } }] });
  });
});

describe('errors', () => {
  test('what is not there has the vendor’s codes', async () => {
    expect(await calls.get('/nothing')).toEqual(errorOf(1));
    expect(await calls.post('/races', {})).toEqual(errorOf(2));
    expect(await calls.get('/race/999')).toEqual(errorOf(201));
    expect(await calls.get('/user/999')).toEqual(errorOf(101));
    expect(await calls.get('/race/999/participants', { event_id: eightK })).toEqual(errorOf(201));
    expect(await calls.get(`/race/${raceId}/participants`, { event_id: 999 })).toEqual(errorOf(15));
    expect(await calls.get(`/race/${raceId}/participants`)).toEqual(errorOf(3));
    expect(await calls.get('/races', { start_date: 'soon' })).toEqual(errorOf(9));
    expect(await calls.get('/races', { results_per_page: 1001 })).toEqual(errorOf(3));
  });

  test('throttling is error 14 inside HTTP 200, as often as asked, and without effect', async () => {
    await runSignup.control.setFaults({ throttle: { times: 1 } });
    const add = { participants: [{ first_name: 'Ana', last_name: 'Exemplo' }] };
    const refused = await calls.postRaw(`/race/${raceId}/participants`, add, { event_id: eightK });
    expect([refused.status, await refused.json()]).toEqual([
      200,
      { error: { error_code: 14, error_msg: 'Request throttled.' } },
    ]);
    expect((await runSignup.control.state()).registrations).toEqual({});
    expect((await runSignup.control.journal()).at(-1)).toMatchObject({ fault: 'throttle', outcome: 'error 14' });
    expect(await calls.get('/races')).toHaveProperty('races');
  });

  test.each([4, 5, 7, 12, 13, 104, 222, 230])('a knob makes error %s', async (code) => {
    await runSignup.control.setFaults({ refuse: { code, match: { method: 'GET', prefix: '/rest/races' } } });
    expect(await calls.get('/races')).toEqual(errorOf(code));
    expect(await calls.get(`/race/${raceId}`)).toHaveProperty('race');
  });

  test('in another mode errors have an HTTP status', async () => {
    await runSignup.control.setFaults({ http4xx: {}, throttle: { match: { prefix: '/rest/races' } } });
    expect([(await calls.getRaw('/race/999')).status, (await calls.getRaw('/races')).status]).toEqual([404, 429]);
    const unknown = await bare('/rest/race/1?format=json');
    expect([unknown.status, JSON.parse(unknown.text)]).toEqual([401, errorOf(6)]);
    expect((await calls.getRaw(`/race/${raceId}`)).status).toBe(200);
  });

  test('522 is the CDN’s, in HTML; a 403 has the vendor’s envelope', async () => {
    await runSignup.control.setFaults({ respond: [{ status: 522, times: 1 }, { status: 403 }] });
    const lost = await calls.getRaw('/races');
    expect([lost.status, lost.headers.get('content-type')]).toEqual([522, 'text/html; charset=utf-8']);
    expect(await lost.text()).toContain('522');
    expect(await calls.get('/races')).toEqual(errorOf(7));
  });

  test('a cut after the effect leaves the registration behind: the vendor knows no repetition', async () => {
    await runSignup.control.setFaults({ failAfter: { times: 1, match: { method: 'POST' } } });
    const add = { participants: [{ user: { first_name: 'Ana', last_name: 'Exemplo' } }] };
    const again = () => calls.post(`/race/${raceId}/participants`, add, { event_id: eightK }, ANY_PARTICIPANT);
    await expect(again()).rejects.toThrow();
    await again();
    expect(Object.keys((await runSignup.control.state()).registrations).length).toBe(2);
  });
});

describe('control', () => {
  test('a mistake is refused with its reason, and changes nothing', async () => {
    const { control } = runSignup;
    await expect(control.backdoor({ do: 'transfer', registrationId: 1, eventId: eightK })).rejects.toThrow(
      /No registration 1 is found at RunSignup/,
    );
    await expect(control.backdoor({ do: 'register', eventId: eightK, userId: 5 })).rejects.toThrow(/No user 5/);
    await expect(control.setFaults(JSON.parse('{"throtle":{}}'))).rejects.toThrow(/400/);
    await expect(control.assume(JSON.parse('{"trimsTexts":true}'))).rejects.toThrow(/400/);
    expect((await control.state()).users).toEqual({});
  });

  test('an assumption that is changed leaves the others, until reset', async () => {
    const { control } = runSignup;
    const before = await control.assume({});
    await control.assume({ trimTexts: false });
    expect(await control.assume({ refuseForeignPhones: true })).toEqual({
      ...before,
      trimTexts: false,
      refuseForeignPhones: true,
    });
    await control.reset();
    expect(await control.assume({})).toEqual(before);
  });
});
