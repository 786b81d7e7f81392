import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { chatwootHint, type Hint } from '../../clients/gateway/chatwoot-hint.ts';
import type { ChatwootHook } from '../../clients/gateway/chatwoot-hook.ts';
import { JoinedWork } from '../../clients/joined-work.ts';
import { SeenSignatures } from '../../clients/gateway/seen-signatures.ts';
import type { ReplayMemory } from '../../clients/gateway/taken-webhooks.ts';
import { createGateway } from '../../clients/gateway/server.ts';

const NOW = Date.UTC(2027, 4, 1, 12);
const SECRET = 'webhook-secret';
const CONTACT = { event: 'contact_created', id: 47, identifier: null, name: 'Ana Silva', email: 'ana@clube.example' };

let app: FastifyInstance | null = null;
afterEach(async () => {
  await app?.close();
  app = null;
});

interface Sent {
  readonly body?: string | Buffer;
  readonly secret?: string;
  readonly seconds?: number;
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

/** The part of the replay memory that needs no database; `database/taken-webhooks.test.ts` has the whole. */
function ownMemory(): ReplayMemory {
  const seen = new SeenSignatures();
  return {
    take: async ({ digest }) => seen.take(digest, NOW),
    forget: async ({ digest }) => seen.forget(digest),
  };
}

/** A gateway that records the hints it follows. */
function gateway({
  hook = {},
  unreachable = [],
  off = false,
}: { hook?: Partial<ChatwootHook>; unreachable?: readonly string[]; off?: boolean } = {}) {
  const hints: Hint[] = [];
  let logged = '';
  const created = createGateway({
    consent: [],
    log: pino({ level: 'debug' }, { write: (line: string) => (logged += line) }),
    unreachable: async () => unreachable,
    onDemand: null,
    chatwoot: off
      ? null
      : {
          secrets: [SECRET],
          follow: async (hint) => {
            hints.push(hint);
            return 'asked';
          },
          reasonOf: () => 'Temporal at temporal.example cannot be reached',
          now: () => NOW,
          taken: ownMemory(),
          ...hook,
        },
  });
  app = created;
  return {
    hints,
    log: () => logged,
    send: async ({
      body = JSON.stringify(CONTACT),
      secret = SECRET,
      seconds = NOW / 1_000,
      headers = {},
    }: Sent = {}) => {
      const signature = createHmac('sha256', secret).update(`${seconds}.`).update(body).digest('hex');
      const sent: Record<string, string | undefined> = {
        'content-type': 'application/json',
        'x-chatwoot-delivery': '0b9e6a2e-3c0a-4a33-9a53-3a1c3c1f0a11',
        'x-chatwoot-timestamp': String(seconds),
        'x-chatwoot-signature': `sha256=${signature}`,
        ...headers,
      };
      const present = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== undefined));
      return created.inject({ method: 'POST', url: '/hooks/chatwoot', headers: present, payload: body });
    },
    get: (url: string) => created.inject({ method: 'GET', url }),
  };
}

const changed = (...names: string[]) => names.map((name) => ({ [name]: { previous_value: 1, current_value: 2 } }));

describe("ChatWoot's webhooks", () => {
  test('are taken when the signature is right, over the very bytes that were sent', async () => {
    const { send, hints } = gateway();
    const body = Buffer.from(
      `{ "event":"contact_created",\n "id": 47.0, "name":"Zo\u00eb \\u00e9", "identifier":"12" }`,
    );
    const answer = await send({ body });
    expect([answer.statusCode, answer.body]).toEqual([202, '']);
    expect(hints).toEqual([{ type: 'Person', remoteId: '47', emsKey: '12' }]);
  });

  test('are taken under each of the secrets, while one is changed for another', async () => {
    const { send, hints } = gateway({ hook: { secrets: ['new', 'old'] } });
    expect((await send({ secret: 'old' })).statusCode).toBe(202);
    expect((await send({ secret: 'new' })).statusCode).toBe(202);
    expect((await send({ secret: 'older' })).statusCode).toBe(401);
    expect(hints).toHaveLength(2);
  });

  test.each<[string, Sent]>([
    ['an unknown secret', { secret: 'another' }],
    ['no signature', { headers: { 'x-chatwoot-signature': undefined } }],
    ['no time', { headers: { 'x-chatwoot-timestamp': undefined } }],
    ['an empty signature', { headers: { 'x-chatwoot-signature': '' } }],
    ['a signature that is cut', { headers: { 'x-chatwoot-signature': 'sha256=00' } }],
    ['one without its prefix', { headers: { 'x-chatwoot-signature': '0'.repeat(64) } }],
    ['another time than was signed', { headers: { 'x-chatwoot-timestamp': String(NOW / 1_000 + 1) } }],
    ['a time that is none', { headers: { 'x-chatwoot-timestamp': 'now' } }],
    ['a time in milliseconds', { seconds: NOW }],
    ['a time over five minutes ago', { seconds: NOW / 1_000 - 301 }],
    ['a time over five minutes ahead', { seconds: NOW / 1_000 + 301 }],
    ['a wrong secret, though it is no JSON', { secret: 'another', body: 'nonsense' }],
  ])('with %s are refused, and not told why', async (_, sent) => {
    const { send, hints, log } = gateway();
    const answer = await send(sent);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    expect(answer.json()).toEqual({ type: 'about:blank', title: 'Unauthorized', status: 401 });
    expect(hints).toEqual([]);
    expect(log()).toMatch(/"outcome":401,.*"process":"CHATWOOT","reason":"(unsigned|out-of-time|wrong-signature)"/);
    expect(log()).not.toMatch(/ana@|Silva|webhook-secret|sha256/);
  });

  test('may come from a clock that is five minutes off', async () => {
    const { send } = gateway();
    expect((await send({ seconds: NOW / 1_000 - 300 })).statusCode).toBe(202);
    expect((await send({ seconds: NOW / 1_000 + 300 })).statusCode).toBe(202);
  });

  test('that are changed on their way are refused', async () => {
    const { send, hints } = gateway();
    const signature = createHmac('sha256', SECRET).update(`${NOW / 1_000}.{"event":"contact_created","id":47}`);
    const headers = { 'x-chatwoot-signature': `sha256=${signature.digest('hex')}` };
    expect((await send({ body: '{"event":"contact_created","id":48}', headers })).statusCode).toBe(401);
    expect((await send({ body: '{"event":"contact_created","id":47}', headers })).statusCode).toBe(202);
    expect(hints).toHaveLength(1);
  });

  test('that are sent again are refused, however the signature is written', async () => {
    const { send, hints } = gateway();
    expect((await send()).statusCode).toBe(202);
    expect((await send()).statusCode).toBe(401);
    const signature = createHmac('sha256', SECRET)
      .update(`${NOW / 1_000}.${JSON.stringify(CONTACT)}`)
      .digest('hex');
    const shouted = `SHA256=${signature.toUpperCase()}`;
    expect(
      (await send({ headers: { 'x-chatwoot-signature': shouted, 'x-chatwoot-delivery': undefined } })).statusCode,
    ).toBe(401);
    expect(hints).toHaveLength(1);
  });

  test('that are no JSON object are a bad request', async () => {
    const { send, hints } = gateway();
    for (const body of ['nonsense', '', '[]', '"contact_created"', 'null', '\xff']) {
      const answer = await send({ body });
      expect([body, answer.statusCode]).toEqual([body, 400]);
      expect(answer.json()).toMatchObject({ status: 400 });
    }
    expect(hints).toEqual([]);
  });

  test('are read whatever their content is called', async () => {
    const { send, hints } = gateway();
    for (const [seconds, type] of [
      [1, undefined],
      [2, 'text/plain'],
      [3, 'application/json; charset=utf-8'],
      [4, 'application/x-www-form-urlencoded'],
    ] as const) {
      const answer = await send({ seconds: NOW / 1_000 + seconds, headers: { 'content-type': type } });
      expect([type, answer.statusCode]).toEqual([type, 202]);
    }
    expect(hints).toHaveLength(4);
  });

  test('over 1 MB are too large', async () => {
    const { send, hints } = gateway();
    const answer = await send({ body: JSON.stringify({ ...CONTACT, name: 'x'.repeat(1_000_000) }) });
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({ status: 413 });
    expect((await send({ body: JSON.stringify({ ...CONTACT, name: 'x'.repeat(900_000) }) })).statusCode).toBe(202);
    expect(hints).toHaveLength(1);
  });

  test('of events that say nothing are taken, and nothing is done', async () => {
    const { send, hints } = gateway();
    for (const event of ['webwidget_triggered', 'inbox_created', 'tomorrows_event', 7, undefined]) {
      expect((await send({ body: JSON.stringify({ event, id: 3 }) })).statusCode).toBe(202);
    }
    expect(hints).toEqual([]);
  });

  test('that cannot be followed are answered so, and may be sent again', async () => {
    let down = true;
    const { send, log } = gateway({
      hook: {
        follow: async () => {
          if (down) throw new Error('connect ECONNREFUSED with ana@clube.example');
          return 'asked';
        },
      },
    });
    const answer = await send();
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({ type: 'about:blank', title: 'Service Unavailable', status: 503 });
    expect(log()).toMatch(/Temporal at temporal.example cannot be reached/);
    expect(log()).not.toMatch(/ana@/);
    down = false;
    expect((await send()).statusCode).toBe(202);
  });

  test('are not there without a secret', async () => {
    const { send, get } = gateway({ off: true });
    expect((await send()).statusCode).toBe(404);
    expect((await get('/hooks/chatwoot')).json()).toMatchObject({ status: 404 });
  });
});

describe('health', () => {
  test('is live as long as it answers, and ready when it reaches what it needs', async () => {
    const { get } = gateway();
    expect((await get('/health/live')).statusCode).toBe(200);
    expect((await get('/health/ready')).statusCode).toBe(200);
  });

  test('is live and not ready without its servers, and names them', async () => {
    const { get } = gateway({ unreachable: ['Temporal'] });
    expect((await get('/health/live')).statusCode).toBe(200);
    const ready = await get('/health/ready');
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toMatchObject({ status: 503, unreachable: ['Temporal'] });
  });
});

describe('what a webhook is about', () => {
  test.each<[string, Record<string, unknown>, Hint | null]>([
    ['a new contact', CONTACT, { type: 'Person', remoteId: '47', emsKey: null }],
    [
      'one with our id',
      { ...CONTACT, custom_attributes: { ems_person_id: '4711' } },
      { type: 'Person', remoteId: '47', emsKey: '4711' },
    ],
    [
      'one with our id, as earlier releases wrote it',
      { ...CONTACT, identifier: '4711' },
      { type: 'Person', remoteId: '47', emsKey: '4711' },
    ],
    [
      "one with another system's id",
      { ...CONTACT, identifier: 'shop-4711' },
      { type: 'Person', remoteId: '47', emsKey: null },
    ],
    [
      'a contact whose e-mail changed',
      { event: 'contact_updated', id: 5, changed_attributes: changed('email', 'updated_at') },
      { type: 'Person', remoteId: '5', emsKey: null },
    ],
    [
      'a contact that has only written',
      { event: 'contact_updated', id: 5, changed_attributes: changed('last_activity_at', 'updated_at') },
      null,
    ],
    ['a contact that changed in nothing', { event: 'contact_updated', id: 5, changed_attributes: [] }, null],
    [
      'a contact of which nobody knows what has changed',
      { event: 'contact_updated', id: 5 },
      { type: 'Person', remoteId: '5', emsKey: null },
    ],
    ['a contact without an id', { event: 'contact_created', name: 'Ana' }, null],
    ['a contact with a strange id', { event: 'contact_created', id: '../1' }, null],
    [
      'a conversation',
      { event: 'conversation_status_changed', id: 42, custom_attributes: { ems_conversation_id: '9' } },
      { type: 'Conversation', remoteId: '42', emsKey: '9' },
    ],
    [
      'a message, of its conversation',
      { event: 'message_created', id: 1003, conversation: { id: 42, custom_attributes: {} } },
      { type: 'Conversation', remoteId: '42', emsKey: null },
    ],
    ['a message without one', { event: 'message_updated', id: 1003 }, null],
  ])('%s', (_, payload, hint) => {
    expect(chatwootHint(payload)).toEqual(hint);
  });
});

describe('signatures that were taken', () => {
  const MINUTE = 60_000;

  test('are known for as long as they are in time', () => {
    const seen = new SeenSignatures();
    expect(seen.take('a', NOW)).toBe(true);
    for (const minutes of [1, 5, 9, 10]) expect(seen.take('a', NOW + minutes * MINUTE)).toBe(false);
    expect(seen.take('b', NOW + 11 * MINUTE)).toBe(true);
    expect(seen.take('b', NOW + 21 * MINUTE)).toBe(false);
  });

  test('are forgotten some time later, also when nothing came for long', () => {
    const seen = new SeenSignatures();
    seen.take('a', NOW);
    seen.take('b', NOW + 10 * MINUTE);
    seen.take('c', NOW + 20 * MINUTE);
    expect(seen.take('a', NOW + 20 * MINUTE)).toBe(true);
    seen.take('d', NOW + 21 * MINUTE);
    expect(seen.take('d', NOW + 60 * MINUTE)).toBe(true);
  });

  test('are no more than memory allows: the oldest go first', () => {
    const seen = new SeenSignatures(10);
    for (let n = 0; n < 25; n += 1) expect(seen.take(`${n}`, NOW)).toBe(true);
    for (let n = 15; n < 25; n += 1) expect(seen.take(`${n}`, NOW)).toBe(false);
    expect(seen.take('0', NOW)).toBe(true);
  });
});

describe('work that many ask for', () => {
  test('is under way once, and once more for all who came meanwhile', async () => {
    const joined = new JoinedWork<number>();
    const releases: (() => void)[] = [];
    let begun = 0;
    const work = async () => {
      begun += 1;
      const own = begun;
      await new Promise<void>((resolve) => releases.push(resolve));
      return own;
    };
    const results = [joined.run('a', work), joined.run('a', work), joined.run('a', work)];
    const other = joined.run('b', work);
    expect(begun).toBe(2);
    releases.shift()?.();
    expect(await results[0]).toBe(1);
    releases.shift()?.();
    expect(await other).toBe(2);
    expect(begun).toBe(3);
    releases.shift()?.();
    expect(await Promise.all(results)).toEqual([1, 3, 3]);
    const later = joined.run('a', work);
    releases.shift()?.();
    expect(await later).toBe(4);
  });

  test('goes on after a failure', async () => {
    const joined = new JoinedWork<string>();
    const first = joined.run('a', async () => Promise.reject(new Error('no')));
    const second = joined.run('a', async () => 'yes');
    await expect(first).rejects.toThrow('no');
    expect(await second).toBe('yes');
  });
});
