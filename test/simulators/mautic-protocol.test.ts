import { describe, expect, test } from '@jest/globals';
import { basic, mauticUnderTest } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const token = async (body: Readonly<Record<string, string>>, headers: Record<string, string> = {}) => {
  const response = await fetch(`${mautic.started.url}/oauth/v2/token`, {
    method: 'POST',
    headers,
    body: new URLSearchParams(body),
  });
  return { status: response.status, body: JSON.parse(await response.text()) };
};

const client = () => ({ client_id: mautic.started.clientId, client_secret: mautic.started.clientSecret });
const credentials = () => token({ ...client(), grant_type: 'client_credentials' });
const refresh = (refreshToken: string) =>
  token({ ...client(), grant_type: 'refresh_token', refresh_token: refreshToken });

const withToken = async (accessToken: string) => {
  const response = await mautic.call('GET', '/contacts', undefined, { authorization: `Bearer ${accessToken}` });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
};

const wrapped = (code: number, message: string, type: string) => ({ errors: [{ message, code, type }] });
const EXPIRED = 'The access token provided has expired.';

const statusOf = (request: Promise<Response>): Promise<number | 'cut'> =>
  request.then(
    ({ status }) => status,
    () => 'cut' as const,
  );

const contacts = async () => Object.keys((await mautic.control.state()).contacts);

const askControl = async (method: string, path: string, body: unknown) => {
  const response = await fetch(`${mautic.started.url}/control${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return `${response.status} ${await response.text()}`;
};

describe('who may ask', () => {
  test('a user by name and password, nobody else', async () => {
    const wrong = await mautic.call('GET', '/contacts', undefined, { authorization: basic('ems', 'other') });
    expect([wrong.status, wrong.headers.get('mautic-version')]).toEqual([401, null]);
    expect(await wrong.json()).toMatchObject({ errors: [{ code: 401, type: 'access_denied' }] });
    const none = await fetch(`${mautic.started.url}/api/contacts`);
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('Bearer')]);
    expect(await none.json()).toEqual(wrapped(401, 'OAuth2 authentication required', 'access_denied'));
  });

  test('nobody by name and password where that is switched off', async () => {
    await mautic.control.setFaults({ basicDisabled: {} });
    expect(await mautic.ask('GET', '/contacts')).toMatchObject({
      status: 403,
      body: { errors: [{ code: 403, type: 'access_denied' }] },
    });
    const { body } = await credentials();
    expect((await withToken(body.access_token)).status).toBe(200);
  });

  test('nobody at all where the API is switched off, not even for a token', async () => {
    await mautic.control.setFaults({ apiDisabled: {} });
    const refused = { status: 403, body: { errors: [{ code: 403, type: 'api_disabled' }] } };
    expect(await mautic.ask('GET', '/contacts')).toMatchObject(refused);
    expect(await credentials()).toMatchObject(refused);
  });

  test('an unknown path is 404', async () => {
    const { status, body } = await mautic.ask('GET', '/nothing');
    expect([status, body.errors[0].code]).toEqual([404, 404]);
  });
});

describe('tokens', () => {
  test('of client_credentials serve an hour by the clock, and have no refresh token', async () => {
    const { status, body } = await credentials();
    expect([status, body]).toEqual([
      200,
      { access_token: expect.any(String), expires_in: 3_600, token_type: 'bearer', scope: null },
    ]);
    expect((await withToken(body.access_token)).status).toBe(200);
    await mautic.control.setClock(3_590_000);
    expect((await withToken(body.access_token)).status).toBe(200);
    await mautic.control.setClock(3_600_000);
    const expired = await withToken(body.access_token);
    expect([expired.status, expired.body]).toEqual([401, wrapped(401, EXPIRED, 'invalid_grant')]);
    expect(expired.headers.get('www-authenticate')).toContain(EXPIRED);
    expect(await withToken('made-up')).toMatchObject({ status: 401, body: { errors: [{ type: 'invalid_grant' }] } });
  });

  test('end when a test says so, and live as long as a test says', async () => {
    await mautic.control.setSettings({ accessTokenSeconds: 60 });
    const { body } = await credentials();
    expect(body.expires_in).toBe(60);
    await mautic.control.expireTokens();
    expect((await withToken(body.access_token)).status).toBe(401);
    expect((await withToken((await credentials()).body.access_token)).status).toBe(200);
  });

  test('are refreshed once by one refresh token, for 14 days', async () => {
    const pair = await mautic.control.issueTokens();
    const { status, body } = await refresh(pair.refresh_token);
    expect([status, (await withToken(body.access_token)).status]).toEqual([200, 200]);
    expect(body.refresh_token).not.toBe(pair.refresh_token);
    expect(await refresh(pair.refresh_token)).toEqual({
      status: 400,
      body: wrapped(400, 'Invalid refresh token', 'invalid_grant'),
    });
    await mautic.control.setClock(14 * 86_400_000);
    expect(await refresh(body.refresh_token)).toMatchObject({
      status: 400,
      body: { errors: [{ message: 'Refresh token has expired' }] },
    });
  });

  test('are refused in two forms', async () => {
    const wrong = { client_id: 'ems-client', client_secret: 'other', grant_type: 'client_credentials' };
    const description = 'The client credentials are invalid';
    expect(await token(wrong)).toEqual({ status: 400, body: wrapped(400, description, 'invalid_client') });
    await mautic.control.setFaults({ rawOAuthErrors: {} });
    expect(await token(wrong)).toEqual({
      status: 400,
      body: { error: 'invalid_client', error_description: description },
    });
    expect((await withToken('made-up')).body).toEqual({
      error: 'invalid_grant',
      error_description: 'The access token provided is invalid.',
    });
  });

  test.each([
    [{}, 'invalid_request'],
    [{ grant_type: 'password' }, 'unsupported_grant_type'],
  ])('of %j are %s', async (grant, error) => {
    expect((await token({ ...client(), ...grant })).body.errors[0].type).toBe(error);
  });

  test('are given for a client in the header, too; the journal counts requests and holds no secret', async () => {
    const { clientId, clientSecret } = mautic.started;
    const headers = { authorization: basic(clientId, clientSecret) };
    expect((await token({ grant_type: 'client_credentials' }, headers)).status).toBe(200);
    await credentials();
    const pair = await mautic.control.issueTokens();
    await refresh(pair.refresh_token);
    const journal = await mautic.control.journal();
    const asked = journal.filter(({ path }) => path === '/oauth/v2/token');
    expect(asked.map(({ outcome }) => outcome)).toEqual(['token issued', 'token issued', 'token refreshed']);
    expect(JSON.stringify(journal)).not.toContain(clientSecret);
    expect(JSON.stringify(journal)).not.toContain(pair.refresh_token);
  });
});

describe('the limit', () => {
  test('counts an hour from the first call, in headers, and is 429 then', async () => {
    await mautic.control.setFaults({ rateLimit: { limit: 2 } });
    const first = await mautic.call('GET', '/contacts');
    expect([first.status, first.headers.get('x-ratelimit-limit'), first.headers.get('x-ratelimit-remaining')]).toEqual([
      200,
      '2',
      '1',
    ]);
    const reset = Number(first.headers.get('x-ratelimit-reset')) * 1_000 - Date.now();
    expect(Math.abs(reset - 3_600_000)).toBeLessThan(120_000);
    await mautic.ask('POST', '/contacts/new', { firstname: 'Ana' });
    const third = await mautic.call('POST', '/contacts/new', { firstname: 'Bea' });
    expect([third.status, third.headers.get('retry-after'), await third.json()]).toEqual([
      429,
      null,
      {
        errors: [{ code: 429, message: 'You exceeded the rate limit of 2 API calls per hour.', details: [] }],
      },
    ]);
    expect(await contacts()).toHaveLength(1);
    await mautic.control.setClock(3_601_000);
    expect((await mautic.ask('GET', '/contacts')).status).toBe(200);
  });
});

describe('answers that a knob asks for', () => {
  test.each([
    [429, { errors: [{ code: 429, message: expect.stringContaining('rate limit') }] }],
    [404, { errors: [{ code: 404, message: 'Item was not found.' }] }],
    [500, { errors: [{ code: 500 }] }],
    [422, { errors: [{ code: 422 }] }],
  ])('%i is worded as Mautic words it', async (status, body) => {
    await mautic.control.setFaults({ respond: { status, retryAfterSeconds: 3, times: 1 } });
    const response = await mautic.call('POST', '/contacts/new', { firstname: 'Ana' });
    expect([response.status, response.headers.get('retry-after')]).toEqual([status, '3']);
    expect(await response.json()).toMatchObject(body);
    expect(await contacts()).toEqual([]);
  });

  test("502 is the web server's page", async () => {
    await mautic.control.setFaults({ respond: { status: 502 } });
    expect((await mautic.call('GET', '/contacts')).headers.get('content-type')).toMatch(/html/);
  });

  test.each(['shape', 'html', 'truncated'] as const)('a body garbled as %s comes with the effect', async (as) => {
    await mautic.control.setFaults({ garble: { as } });
    const response = await mautic.call('POST', '/contacts/new', { firstname: 'Ana' });
    expect(response.status).toBe(201);
    expect(await response.text()).not.toContain('doNotContact":[],"frequencyRules":[]}}');
    expect(await contacts()).toEqual(['1']);
  });
});

describe('connections', () => {
  test('cut before the effect, cut after it, slow', async () => {
    const create = () => statusOf(mautic.call('POST', '/contacts/new', { firstname: 'Ana' }));
    await mautic.control.setFaults({ failBefore: { times: 1 } });
    expect([await create(), await contacts()]).toEqual(['cut', []]);
    await mautic.control.setFaults({ failAfter: { times: 1 } });
    expect([await create(), await contacts()]).toEqual(['cut', ['1']]);
    await mautic.control.setFaults({ latency: { ms: 100 } });
    const startedAt = performance.now();
    expect(await create()).toBe(201);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(95);
  });

  test('are counted', async () => {
    await mautic.control.setFaults({ latency: { ms: 100 } });
    await Promise.all(Array.from({ length: 4 }, () => mautic.call('GET', '/contacts')));
    expect((await mautic.control.concurrency()).maximum).toBe(4);
  });
});

describe('the test side', () => {
  test('the journal holds what was sent and what became of it', async () => {
    await mautic.ask('POST', '/contacts/new', { email: 'bad' });
    expect(await mautic.control.journal({ writesOnly: true })).toMatchObject([
      {
        method: 'POST',
        path: '/api/contacts/new',
        body: { email: 'bad' },
        status: 400,
        outcome: expect.stringContaining('email'),
      },
    ]);
  });

  test('a knob, a setting, an action that there is not is refused, with the reason', async () => {
    expect(await askControl('PUT', '/faults', { flood: {} })).toMatch(/^400 .*flood/);
    expect(await askControl('PUT', '/settings', { colour: 'red' })).toMatch(/^400 .*colour/);
    expect(await askControl('POST', '/backdoor', { do: 'dance' })).toMatch(/^400 /);
    expect(await askControl('POST', '/backdoor', { do: 'unsubscribe', contact: 99 })).toMatch(/^404 .*not found/);
    expect(await askControl('POST', '/backdoor', { do: 'create-contact', set: { shoe_size: '42' } })).toMatch(
      /^400 .*shoe_size/,
    );
  });

  test('a reset puts settings, fields and everything else back', async () => {
    await mautic.create({ firstname: 'Ana' });
    await mautic.control.setSettings({ version: '4', totalSeconds: 0 });
    await mautic.control.reset();
    expect(await mautic.control.settings()).toMatchObject({ version: '5', totalSeconds: 5 });
    const { contacts: none, fields } = await mautic.control.state();
    expect([none, Object.keys(fields)]).toEqual([{}, Array.from({ length: 28 }, (_, index) => String(index + 1))]);
    expect(await mautic.control.journal()).toEqual([]);
  });
});
