import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type StartedTagServer, startTagServer } from '../../simulators/tagserver/start.ts';
import { eventually } from './eventually.ts';

let tagServer: StartedTagServer;

beforeAll(async () => {
  tagServer = await startTagServer({ token: 'secret' });
});

afterEach(async () => {
  await tagServer?.control.reset();
});

afterAll(async () => {
  await tagServer?.stop();
});

const authorization = { authorization: 'Bearer secret' };

const call = (method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${tagServer.url}/v1${path}`, {
    method,
    headers: { ...authorization, 'content-type': 'application/json', ...headers },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });

const put = (id: string, name = 'Club', headers: Record<string, string> = {}) =>
  call('PUT', `/organisations/${id}`, { name }, headers);

/** The status, or "cut" if the connection was closed. */
const outcomeOf = (request: Promise<Response>): Promise<number | 'cut'> =>
  request.then(
    ({ status }) => status,
    () => 'cut' as const,
  );

const organisations = async () => Object.keys((await tagServer.control.state()).organisations);

/** Twenty reads, half of which should be refused. */
const readUnderSeed = async (): Promise<number[]> => {
  await tagServer.control.setFaults({ seed: 42, respond: { status: 503, chance: 0.5 } });
  const statuses: number[] = [];
  for (let nth = 0; nth < 20; nth += 1) statuses.push((await call('GET', '/organisations')).status);
  return statuses;
};

test('mixUp answers with what was last said of another record of the same kind, after the effect', async () => {
  await put('1', 'First');
  await tagServer.control.setFaults({ mixUp: { times: 1 } });
  expect(await (await put('2', 'Second')).json()).toMatchObject({ data: { name: 'First' } });
  expect((await tagServer.control.state()).organisations).toMatchObject({ 2: { data: { name: 'Second' } } });
  expect(await (await put('2', 'Third')).json()).toMatchObject({ data: { name: 'Third' } });
});

describe('connection faults', () => {
  test('failBefore cuts the connection before the effect, as often as asked', async () => {
    await tagServer.control.setFaults({ failBefore: { times: 2 } });
    expect(await outcomeOf(put('1'))).toBe('cut');
    expect(await outcomeOf(put('1'))).toBe('cut');
    expect(await organisations()).toEqual([]);
    expect(await outcomeOf(put('1'))).toBe(201);
  });

  test('failAfter cuts the connection after the effect: the next attempt finds it done', async () => {
    await tagServer.control.setFaults({ failAfter: { times: 1 } });
    expect(await outcomeOf(put('1'))).toBe('cut');
    expect(await organisations()).toEqual(['1']);
    expect(await (await put('1')).json()).toMatchObject({ outcome: 'unchanged', version: 1 });
    expect(await tagServer.control.journal()).toMatchObject([
      { outcome: 'created', fault: 'failAfter', status: null },
      { outcome: 'unchanged', fault: null, status: 200 },
    ]);
  });

  test('a knob strikes only the method and path that it is restricted to', async () => {
    await tagServer.control.setFaults({ failBefore: { match: { method: 'PUT', prefix: '/v1/organisations/2' } } });
    expect(await outcomeOf(put('1'))).toBe(201);
    expect(await outcomeOf(put('2'))).toBe('cut');
    expect(await outcomeOf(call('GET', '/organisations/2'))).toBe(404);
    await tagServer.control.setFaults({ failBefore: null });
    expect(await outcomeOf(put('2'))).toBe(201);
  });

  test('of several rules of one knob, the first that matches strikes', async () => {
    const match = { prefix: '/v1/organisations/2' };
    await tagServer.control.setFaults({ respond: [{ status: 429, match }, { status: 503 }] });
    expect([(await put('1')).status, (await put('2')).status]).toEqual([503, 429]);
  });

  test('chance strikes the same requests again under the same seed, and not all of them', async () => {
    const first = await readUnderSeed();
    expect(new Set(first)).toEqual(new Set([200, 503]));
    expect(await readUnderSeed()).toEqual(first);
  });
});

describe('answers that a knob asks for', () => {
  test('429 comes with Retry-After and RateLimit, as often as asked, without effect', async () => {
    await tagServer.control.setFaults({ respond: { status: 429, retryAfterSeconds: 7, times: 1 } });
    const refused = await put('1');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('7');
    expect(refused.headers.get('ratelimit')).toBe('"default";r=0;t=7');
    expect(await refused.json()).toMatchObject({ code: 'rate-limited', retryable: true, status: 429 });
    expect(await organisations()).toEqual([]);
    expect((await put('1')).status).toBe(201);
  });

  test('503 for a minute ends when the minute is over by the virtual clock', async () => {
    await tagServer.control.setFaults({ respond: { status: 503, forMs: 60_000 } });
    const refused = await put('1');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    await tagServer.control.setClock(59_000);
    expect((await put('1')).status).toBe(503);
    await tagServer.control.setClock(61_000);
    expect((await put('1')).status).toBe(201);
  });

  test('a body can be given with the status', async () => {
    await tagServer.control.setFaults({ respond: { status: 502, body: '<h1>Bad Gateway</h1>' } });
    const answer = await call('GET', '/healthz');
    expect([answer.status, await answer.text()]).toEqual([502, '<h1>Bad Gateway</h1>']);
  });

  test.each(['shape', 'html', 'truncated'] as const)(
    'garble as %s: done, said so, in a body that fits no contract',
    async (as) => {
      await tagServer.control.setFaults({ garble: { as, times: 1, match: { method: 'PUT' } } });
      const answer = await put('1');
      expect(answer.status).toBe(201);
      const text = await answer.text();
      if (as === 'shape') expect(JSON.parse(text)).not.toHaveProperty('externalId');
      else expect(() => JSON.parse(text)).toThrow();
      expect(await organisations()).toEqual(['1']);
      expect(await (await put('1')).json()).toMatchObject({ outcome: 'unchanged' });
    },
  );

  test('a refusal is not garbled and does not use the knob up', async () => {
    await tagServer.control.setFaults({ garble: { times: 1 } });
    expect(await (await put('1', ' spaces ')).json()).toMatchObject({ code: 'invalid-data' });
    expect(await (await put('1')).json()).toEqual({ unexpected: true });
  });

  test('a hostile refusal brings its text into every text, name and header, and has no effect', async () => {
    await tagServer.control.setFaults({ hostileRefusal: { status: 422, texts: ['planted'], times: 1 } });
    const answer = await put('1');
    expect([answer.status, answer.statusText, answer.headers.get('etag')]).toEqual([422, 'planted', 'planted']);
    const { errors, ...body } = z.looseObject({ errors: z.array(z.unknown()) }).parse(await answer.json());
    expect(body).toMatchObject({ title: 'planted', detail: 'planted', code: 'planted', planted: 'planted' });
    expect(errors[0]).toMatchObject({ code: 'planted', details: { planted: ['planted'] } });
    expect(await organisations()).toEqual([]);
  });

  test('a hostile answer has the effect, and a share of its texts is of those given', async () => {
    await tagServer.control.setFaults({ hostileAnswer: { texts: ['planted'], times: 1 } });
    const answer = await put('1');
    expect([answer.status, answer.headers.get('etag')]).toEqual([201, 'planted']);
    expect(await answer.json()).toMatchObject({ contentHash: 'planted', planted: 'planted' });
    expect(await organisations()).toEqual(['1']);
    await tagServer.control.setFaults({ hostileAnswer: { texts: ['planted'], share: 0, times: 1 } });
    expect(await (await put('1')).text()).not.toContain('planted');
  });
});

describe('time', () => {
  test('latency holds requests, which then are inside at once', async () => {
    await tagServer.control.setFaults({ latency: { ms: 300, jitterMs: 50 } });
    const startedAt = performance.now();
    await Promise.all(['1', '2', '3', '4'].map((id) => put(id)));
    const took = performance.now() - startedAt;
    expect(took).toBeGreaterThanOrEqual(295);
    expect(await tagServer.control.concurrency()).toEqual({ current: 0, maximum: 4 });
    await tagServer.control.clearConcurrency();
    expect(await tagServer.control.concurrency()).toEqual({ current: 0, maximum: 0 });
  });

  test('a sender that gives up does not stop the effect', async () => {
    await tagServer.control.setFaults({ latency: { ms: 3_000 } });
    const body = JSON.stringify({ name: 'Club' });
    const headers = { ...authorization, 'content-type': 'application/json' };
    const sender = new AbortController();
    const { signal } = sender;
    const request = outcomeOf(fetch(`${tagServer.url}/v1/organisations/1`, { method: 'PUT', headers, body, signal }));
    await eventually(async () => (await tagServer.control.concurrency()).current > 0);
    sender.abort();
    expect(await request).toBe('cut');
    expect(await organisations()).toEqual([]);
    await eventually(async () => (await organisations()).length > 0);
    expect(await organisations()).toEqual(['1']);
  });

  test('the virtual clock stamps what is written', async () => {
    await tagServer.control.setClock(365 * 24 * 3_600_000);
    const { changedAt } = (await (await put('1')).json()) as { changedAt: string };
    expect(Date.parse(changedAt) - Date.now()).toBeGreaterThan(364 * 24 * 3_600_000);
  });

  test('an Idempotency-Key is forgotten after a day', async () => {
    const headers = { 'idempotency-key': randomUUID() };
    const json = { operations: [{ op: 'upsert', type: 'organisations', externalId: '1', data: { name: 'Club' } }] };
    const outcome = async () => {
      const { results } = (await (await call('POST', '/batch', json, headers)).json()) as {
        results: { outcome: string }[];
      };
      return results[0]?.outcome;
    };
    expect([await outcome(), await outcome()]).toEqual(['created', 'created']);
    await tagServer.control.setClock(25 * 3_600_000);
    expect(await outcome()).toBe('unchanged');
  });
});

describe('control', () => {
  test('knobs never apply to the control endpoints', async () => {
    await tagServer.control.setFaults({ failBefore: {}, respond: { status: 503 }, latency: { ms: 60_000 } });
    await tagServer.control.clearFaults();
    expect((await put('1')).status).toBe(201);
  });

  test('a knob that does not exist is refused', async () => {
    const wrong = { failSometimes: {} } as object;
    await expect(tagServer.control.setFaults(wrong)).rejects.toThrow(/400.*failSometimes/s);
  });

  test('the journal keeps order, bodies and headers, and can be read from a place on', async () => {
    await put('1', 'Club', { 'x-source-version': '12' });
    await call('GET', '/organisations/1');
    await put('1', 'Other');
    const [first, second, third] = await tagServer.control.journal();
    expect(first).toMatchObject({
      method: 'PUT',
      path: '/v1/organisations/1',
      write: true,
      status: 201,
      outcome: 'created',
      body: { name: 'Club' },
      headers: { 'x-source-version': '12' },
    });
    expect(second).toMatchObject({ method: 'GET', write: false });
    expect(JSON.stringify(first)).not.toContain('secret');
    expect(await tagServer.control.journal({ since: first?.sequence ?? 0, writesOnly: true })).toEqual([third]);
    await tagServer.control.clearJournal();
    expect(await tagServer.control.journal()).toEqual([]);
  });

  test("a human's edit moves version and feed, and leaves the attempt's number alone", async () => {
    await put('1', 'Club', { 'x-source-version': '5' });
    const edit = { type: 'organisations', externalId: '1', set: { name: 'By hand' } } as const;
    expect(await tagServer.control.backdoor(edit)).toMatchObject({ outcome: 'updated' });
    const { organisations: edited } = await tagServer.control.state();
    expect(edited['1']).toMatchObject({ version: 2, sourceVersion: 5, changedBy: { clientId: 'human' } });
    const feed = (await (await call('GET', '/changes?excludeClient=ems-sync')).json()) as { items: unknown[] };
    expect(feed.items).toMatchObject([{ externalId: '1', data: { name: 'By hand', countryCode: null } }]);

    await tagServer.control.backdoor({ type: 'organisations', externalId: '1', delete: true });
    expect(await organisations()).toEqual([]);
    const { organisations: all } = await tagServer.control.state({ tombstones: true });
    expect(all['1']).toMatchObject({ version: 3, sourceVersion: 5, data: null });
    await expect(tagServer.control.backdoor({ ...edit, set: { name: ' x ' } })).rejects.toThrow(/invalid-data/);
  });

  test('purged tombstones make older cursors expire, with a place to go on from', async () => {
    const cursorOf = async (path: string) =>
      ((await (await call('GET', path)).json()) as { nextCursor: string }).nextCursor;
    await put('1');
    const old = await cursorOf('/changes');
    await call('DELETE', '/organisations/1');
    const fresh = await cursorOf('/changes');
    expect(await tagServer.control.purgeTombstones()).toBe(1);
    const expired = await call('GET', `/changes?after=${old}`);
    const problem = (await expired.json()) as { code: string; resumeCursor: string };
    expect([expired.status, problem.code]).toEqual([410, 'cursor-expired']);
    expect((await call('GET', `/changes?after=${fresh}`)).status).toBe(200);
    expect((await call('GET', `/changes?after=${problem.resumeCursor}`)).status).toBe(200);
    expect((await call('GET', '/organisations/1')).status).toBe(404);
  });

  test('reset empties everything', async () => {
    await put('1');
    await tagServer.control.setFaults({ respond: { status: 503 } });
    await tagServer.control.reset();
    expect([await organisations(), await tagServer.control.journal()]).toEqual([[], []]);
    expect((await put('1')).status).toBe(201);
  });
});
