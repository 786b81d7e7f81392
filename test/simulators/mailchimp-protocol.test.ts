import { describe, expect, test } from '@jest/globals';
import { mailchimpUnderTest } from './mailchimp-under-test.ts';
import { eventually } from './eventually.ts';

const mailchimp = mailchimpUnderTest();

const ping = (headers: Record<string, string> = {}) => fetch(`${mailchimp.started.url}/3.0/ping`, { headers });
const basic = (credentials: string) => ({ authorization: `Basic ${Buffer.from(credentials).toString('base64')}` });

/** The statuses of `count` concurrent requests, sorted. */
const burst = async (count: number): Promise<number[]> => {
  await mailchimp.control.setFaults({ latency: { ms: 2_000 } });
  const answers = await Promise.all(Array.from({ length: count }, () => mailchimp.call('GET', '/3.0/ping')));
  return answers.map(({ status }) => status).sort((left, right) => left - right);
};

describe('the key', () => {
  test('is taken with any name, or as a bearer', async () => {
    const { key } = mailchimp.started;
    for (const headers of [basic(`any:${key}`), basic(`:${key}`), { authorization: `Bearer ${key}` }]) {
      const response = await ping(headers);
      expect([response.status, await response.json()]).toEqual([200, { health_status: "Everything's Chimpy!" }]);
    }
  });

  test.each([
    ['wrong', basic('any:wrong-us1'), 'API Key Invalid'],
    ['wrong', { authorization: 'Bearer wrong-us1' }, 'API Key Invalid'],
    ['missing', {}, 'API Key Missing'],
  ])('%s is a problem of its own', async (_what, headers, title) => {
    const response = await ping(headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({ title, status: 401, instance: expect.any(String) });
  });
});

test('what is not there is a problem, too', async () => {
  expect(await mailchimp.refusal('GET', '/nothing')).toEqual([404, 'Resource Not Found']);
});

describe('connections', () => {
  test('are ten at once over the account: more are refused, without a word of when to come back', async () => {
    expect(await burst(10)).toEqual(Array.from({ length: 10 }, () => 200));
    expect((await mailchimp.control.concurrency()).maximum).toBe(10);
    expect(await burst(13)).toEqual([...Array.from({ length: 10 }, () => 200), 429, 429, 429]);
    expect((await mailchimp.control.concurrency()).current).toBe(0);
    expect((await mailchimp.call('GET', '/3.0/ping')).status).toBe(200);
  });

  test('that are too many by a knob are told the same', async () => {
    await mailchimp.control.setFaults({ throttle: { times: 1 } });
    const response = await mailchimp.call('GET', '/3.0/ping');
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, null]);
    expect(await response.json()).toMatchObject({
      title: 'Too Many Requests',
      detail: 'You have exceeded the limit of 10 simultaneous connections.',
    });
    expect((await mailchimp.call('GET', '/3.0/ping')).status).toBe(200);
  });

  test.each([403, 429] as const)('at high volume: %i without a body', async (status) => {
    await mailchimp.control.setFaults({ bareThrottle: { status, times: 1 } });
    const response = await mailchimp.call('GET', '/3.0/ping');
    expect([response.status, await response.text(), response.headers.get('content-type')]).toEqual([status, '', null]);
  });

  test('or the network blocks them, in HTML', async () => {
    await mailchimp.control.setFaults({ blocked: { times: 1 } });
    const response = await mailchimp.call('GET', '/3.0/ping');
    expect(response.status).toBe(503);
    expect(response.headers.get('content-type')).toMatch(/^text\/html/);
    expect(await response.text()).toMatch(/Request Blocked/);
  });
});

describe('knobs', () => {
  const email = 'ana@clube.example';
  const body = { email_address: email, status_if_new: 'subscribed' };

  test('cut the connection before the effect, or after it', async () => {
    await mailchimp.control.setFaults({ failBefore: { times: 1 } });
    await expect(mailchimp.ask('PUT', `/members/${email}`, body)).rejects.toThrow();
    expect((await mailchimp.control.state()).members).toEqual({});
    await mailchimp.control.setFaults({ failAfter: { times: 1 } });
    await expect(mailchimp.ask('PUT', `/members/${email}`, body)).rejects.toThrow();
    expect(Object.keys((await mailchimp.control.state()).members)).toHaveLength(1);
  });

  test('answer in the words of Mailchimp, or garble', async () => {
    await mailchimp.control.setFaults({ respond: { status: 500, times: 1 } });
    expect(await mailchimp.refusal('GET', '')).toEqual([500, 'Internal Server Error']);
    await mailchimp.control.setFaults({ garble: { as: 'shape', times: 1 } });
    expect(await mailchimp.ask('PUT', `/members/${email}`, body)).toEqual({ status: 200, body: { unexpected: true } });
    expect(await eventually(async () => (await mailchimp.get(email)).status === 'subscribed')).toBe(true);
  });

  test('that do not exist are refused, and so are settings', async () => {
    await expect(mailchimp.control.setFaults({ nonsense: {} } as object)).rejects.toThrow(/nonsense/);
    await expect(mailchimp.control.setSettings({ nonsense: 1 } as object)).rejects.toThrow(/nonsense/);
  });
});

test('the journal has each request with its path, its body and what came of it', async () => {
  await mailchimp.put('ana@clube.example');
  await mailchimp.put('ana@clube.example', { vip: true });
  await mailchimp.ask('PUT', '/members/a@example.com', { email_address: 'a@example.com', status_if_new: 'subscribed' });
  const entries = await mailchimp.control.journal({ writesOnly: true });
  expect(entries.map(({ status, outcome }) => [status, outcome])).toEqual([
    [200, 'created'],
    [200, 'updated'],
    [400, 'Invalid Resource'],
  ]);
  expect(entries[1]).toMatchObject({
    method: 'PUT',
    path: `/3.0/lists/${mailchimp.started.list}/members/ana%40clube.example`,
    body: { email_address: 'ana@clube.example', vip: true },
  });
});
