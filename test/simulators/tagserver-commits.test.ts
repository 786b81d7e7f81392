import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingHttpHeaders, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './eventually.ts';
import { type StartedTagServer, startTagServer } from '../../simulators/tagserver/start.ts';

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

const call = (method: string, path: string, json?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${tagServer.url}/v1${path}`, {
    method,
    headers: { authorization: 'Bearer secret', 'content-type': 'application/json', ...headers },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });

const put = (id: string, name = 'Club', headers: Record<string, string> = {}) =>
  call('PUT', `/organisations/${id}`, { name }, headers);

const writesUnderWay = async (): Promise<number> => (await tagServer.control.concurrency()).current;

interface Page {
  readonly items: readonly { readonly externalId: string; readonly sequence: string }[];
  readonly nextCursor: string;
}

const organisation = (name: string) => ({
  op: 'upsert',
  type: 'organisations',
  externalId: name.trim(),
  data: { name },
});

/** Reads the feed from its beginning; each commit must appear once and in order. */
function readFeed() {
  const seen: string[] = [];
  let lastSequence = 0n;
  let after = '';
  const read = async (): Promise<void> => {
    const page = (await (await call('GET', `/changes${after === '' ? '' : `?after=${after}`}`)).json()) as Page;
    after = page.nextCursor;
    for (const { externalId, sequence } of page.items) {
      expect(BigInt(sequence)).toBeGreaterThan(lastSequence);
      lastSequence = BigInt(sequence);
      seen.push(externalId);
    }
  };
  return { seen, read };
}

/** Holds four writes, one after another, then makes sixteen others, and reads the feed meanwhile. */
async function overtake(holdMs: number) {
  const slow = ['slow-1', 'slow-2', 'slow-3', 'slow-4'];
  const fast = Array.from({ length: 16 }, (_, nth) => `fast-${nth}`);
  await tagServer.control.setFaults({
    slowCommit: slow.map((id, nth) => ({ ms: holdMs + 100 * nth, match: { prefix: `/v1/organisations/${id}` } })),
  });
  let slowDone = 0;
  const held: Promise<Response>[] = [];
  for (const id of slow) {
    held.push(put(id).finally(() => (slowDone += 1)));
    await eventually(async () => slowDone > 0 || (await writesUnderWay()) === held.length);
  }
  const feed = readFeed();
  let overtaken = false;
  const others = Promise.all(fast.map((id) => put(id))).then((answers) => {
    overtaken = slowDone === 0;
    return answers;
  });
  const writes = Promise.all([others, ...held]);
  const written = Symbol('written');
  while ((await Promise.race([writes, sleep(5, written)])) === written) await feed.read();
  await feed.read();
  expect((await writes).flat().map(({ status }) => status)).toEqual([...fast, ...slow].map(() => 201));
  return { overtaken, seen: feed.seen, slow, fast };
}

describe('slow commits', () => {
  test('other writes overtake a held one, and no reader of the feed misses it', async () => {
    // On a busy machine the others may take longer than the hold, which was then too short to prove anything; use a
    // longer one.
    for (let holdMs = 500; ; holdMs *= 4) {
      await tagServer.control.reset();
      const { overtaken, seen, slow, fast } = await overtake(holdMs);
      expect(seen.toSorted()).toEqual([...slow, ...fast].toSorted());
      if (!overtaken) continue;
      expect(seen.slice(-slow.length)).toEqual(slow);
      return;
    }
  });

  test('a held write keeps its row locked: a later one waits, and the late number is refused', async () => {
    await tagServer.control.setFaults({ slowCommit: { ms: 3_000, times: 1 } });
    const held = put('1', 'Newer', { 'x-source-version': '2' });
    await eventually(async () => (await writesUnderWay()) === 1);
    const waiting = put('1', 'Older', { 'x-source-version': '1' });
    expect((await call('GET', '/organisations/1')).status).toBe(404);
    expect([(await held).status, (await waiting).status]).toEqual([201, 409]);
  });

  test('a batch asked for again while it runs is told so, and replayed once it is done', async () => {
    await tagServer.control.setFaults({ slowCommit: { ms: 3_000, times: 1 } });
    const json = { operations: [{ op: 'upsert', type: 'organisations', externalId: '1', data: { name: 'Club' } }] };
    const headers = { 'idempotency-key': randomUUID() };
    const first = call('POST', '/batch', json, headers);
    await eventually(async () => (await writesUnderWay()) === 1);
    const second = await call('POST', '/batch', json, headers);
    expect([second.status, await second.json()]).toMatchObject([
      409,
      { code: 'idempotency-in-progress', retryable: true },
    ]);
    expect((await first).status).toBe(200);
    expect((await call('POST', '/batch', json, headers)).headers.get('idempotency-replayed')).toBe('true');
  });

  test('an atomic batch that failed leaves no hole in the sequences', async () => {
    const { sequence } = (await (await put('1')).json()) as Page['items'][number];
    const json = { operations: [organisation('a'), organisation(' b')] };
    const batch = await call('POST', '/batch?atomic=true', json, { 'idempotency-key': randomUUID() });
    expect(await batch.json()).toMatchObject({ failed: 1 });
    const next = (await (await put('2')).json()) as Page['items'][number];
    expect(BigInt(next.sequence)).toBe(BigInt(sequence) + 1n);
  });

  test('sequences are told apart only as strings', async () => {
    const [a, b] = (await Promise.all(
      [put('1'), put('2')].map(async (answer) => (await answer).json()),
    )) as Page['items'];
    expect(a?.sequence).not.toBe(b?.sequence);
    expect(Number(a?.sequence)).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
  });
});

describe('nudges', () => {
  interface Received {
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }

  const secret = `whsec_${Buffer.from('a secret of the tests').toString('base64')}`;
  let receiver: Server;
  let received: Received[] = [];
  let answerWith = 204;

  beforeAll(async () => {
    receiver = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        received.push({ headers: request.headers, body });
        response.writeHead(answerWith).end();
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
  });

  afterAll(async () => {
    receiver?.closeAllConnections();
    await new Promise((resolve) => receiver?.close(resolve));
  });

  const subscribe = async (): Promise<void> => {
    received = [];
    answerWith = 204;
    const { port } = receiver.address() as AddressInfo;
    await tagServer.control.subscribe({ url: `http://127.0.0.1:${port}/nudge`, secret });
  };

  const idsOf = () => received.map(({ headers }) => headers['webhook-id']);
  const cursorsOf = () =>
    received.map(({ body }) => (JSON.parse(body) as { data: { latestCursor: string } }).data.latestCursor);

  test('a commit is told, signed as Standard Webhooks has it, with the cursor to read from', async () => {
    await subscribe();
    await put('1');
    await eventually(() => received.length === 1);
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    const expected = createHmac('sha256', 'a secret of the tests').update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
    expect(JSON.parse(body)).toMatchObject({ type: 'changes.available' });
    const { nextCursor } = (await (await call('GET', '/changes')).json()) as Page;
    expect(cursorsOf()).toEqual([nextCursor]);
  });

  test('an unchanged write is not told', async () => {
    await put('1');
    await subscribe();
    await put('1');
    await sleep(200);
    expect(received).toEqual([]);
  });

  test('a dropped nudge never comes, a doubled one comes twice under one id', async () => {
    await subscribe();
    await tagServer.control.setFaults({ webhookDrop: { times: 1 }, webhookDuplicate: { times: 1 } });
    await put('1');
    await eventually(async () => (await tagServer.control.nudges()).deliveries[0]?.fate === 'lost');
    expect(received).toEqual([]);
    await put('2');
    await eventually(() => received.length === 2);
    expect(new Set(idsOf()).size).toBe(1);
  });

  test('a delayed nudge comes late', async () => {
    await subscribe();
    await tagServer.control.setFaults({ webhookDelay: { ms: 400 } });
    const startedAt = performance.now();
    await put('1');
    await eventually(() => received.length === 1);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(390);
  });

  test('a reordered nudge comes after its successor', async () => {
    await subscribe();
    await tagServer.control.setFaults({ webhookReorder: { times: 1 } });
    await put('1');
    const { nextCursor: early } = (await (await call('GET', '/changes')).json()) as Page;
    // Commits within 10 ms share one nudge; a reordered one waits a second for its successor.
    await sleep(100);
    await put('2');
    const { nextCursor: late } = (await (await call('GET', '/changes')).json()) as Page;
    await eventually(() => received.length === 2);
    expect(cursorsOf()).toEqual([late, early]);
  });

  test('a nudge that is not taken is sent again; 410 ends the subscription', async () => {
    await subscribe();
    answerWith = 500;
    await put('1');
    await eventually(() => received.length === 1);
    answerWith = 410;
    await eventually(() => received.length === 2);
    expect(new Set(idsOf()).size).toBe(1);
    await eventually(async () => (await tagServer.control.nudges()).url === null);
    await put('2');
    await sleep(200);
    expect(received.length).toBe(2);
  });
});
