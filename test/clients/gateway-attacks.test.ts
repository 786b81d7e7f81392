import { createHmac, randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { mailchimpHook, mauticHook } from '../../clients/gateway/marketing-hooks.ts';
import { SeenSignatures } from '../../clients/gateway/seen-signatures.ts';
import { createGateway } from '../../clients/gateway/server.ts';
import type { ReplayMemory } from '../../clients/gateway/taken-webhooks.ts';
import { createOrm, type Orm } from '../../database/orm.ts';
import { namedTokens } from '../../settings/named-tokens.ts';
import { readSettings } from '../../settings/read-settings.ts';
import { waitUntil } from '../wait-until.ts';

const NOW = Date.UTC(2027, 4, 1, 12);
const SECRET = 'the-secret-of-the-webhooks';
const TOKEN = randomBytes(32).toString('hex');

/** Port 1 has no listener: a call that gets past the token ends with 503. */
const { common: settings } = readSettings({
  DATABASE_URL: 'postgres://ems:top-secret@127.0.0.1:1/ems',
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  GATEWAY_CALLS_PER_MINUTE: '30',
});

let app: FastifyInstance;
let orm: Orm;
let connection: Connection;
let logged = '';
let followed: string[] = [];
let now = NOW;

/** The part of the replay memory that needs no database; `database/taken-webhooks.test.ts` has the whole. */
function ownMemory(): ReplayMemory {
  const seen = new SeenSignatures();
  return {
    take: async ({ process, digest }) => seen.take(`${process} ${digest}`, NOW),
    forget: async ({ process, digest }) => seen.forget(`${process} ${digest}`),
  };
}

beforeEach(async () => {
  [logged, followed, now] = ['', [], NOW];
  orm = await createOrm({ databaseUrl: settings.DATABASE_URL, poolSize: 1 });
  connection = Connection.lazy({ address: settings.TEMPORAL_ADDRESS });
  const taken = ownMemory();
  const following = {
    taken,
    reasonOf: () => 'no reason',
    follow: async (id: string) => {
      followed.push(id);
      return 'asked' as const;
    },
  };
  app = createGateway({
    log: pino({ level: 'debug' }, { write: (line: string) => (logged += line) }),
    chatwoot: {
      ...following,
      secrets: [SECRET],
      now: () => NOW,
      follow: async ({ remoteId }) => following.follow(remoteId),
    },
    consent: [mauticHook([SECRET], following), mailchimpHook([SECRET], following, () => NOW)],
    onDemand: {
      orm,
      temporal: new Client({ connection }),
      settings,
      tokens: namedTokens.parse(`ems:${TOKEN}`),
      off: async () => [],
      unreachable: () => 'PostgreSQL cannot be reached',
    },
    unreachable: async () => [],
    trustedProxies: ['127.0.0.1'],
    webhooksPerMinute: 100,
    now: () => now,
  });
  await app.ready();
});

afterEach(async () => {
  await app.close();
  await connection.close();
  await orm.close();
});

interface Sent {
  readonly url: string;
  readonly body: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const hmac = (text: string | Buffer, encoding: 'hex' | 'base64', prefix = '') =>
  createHmac('sha256', SECRET).update(prefix).update(text).digest(encoding);

const SECONDS = String(NOW / 1_000);

function chatwoot(id: number): Sent {
  const body = JSON.stringify({ event: 'contact_created', id, name: 'Ana' });
  const signature = `sha256=${hmac(body, 'hex', `${SECONDS}.`)}`;
  return {
    url: '/hooks/chatwoot',
    body,
    headers: { 'x-chatwoot-timestamp': SECONDS, 'x-chatwoot-signature': signature },
  };
}

function mautic(id: number): Sent {
  const body = JSON.stringify({ 'mautic.lead_post_save_update': [{ contact: { id } }] });
  return { url: '/hooks/mautic', body, headers: { 'webhook-signature': hmac(body, 'base64') } };
}

function mailchimp(id: number, path = SECRET): Sent {
  const body = `type=profile&fired_at=2027-05-01&data%5Bemail%5D=ana${id}%40clube.example`;
  return { url: `/hooks/mailchimp/${path}`, body, headers: {} };
}

function signedMailchimp(id: number): Sent {
  const { body } = mailchimp(id);
  const signature = `t=${SECONDS},v1=${hmac(body, 'hex', `${SECONDS}.`)}`;
  return { url: '/hooks/mailchimp/signed', body, headers: { 'x-mailchimp-signature': signature } };
}

const KINDS = [chatwoot, mautic, mailchimp, signedMailchimp];

const cut = (sent: Sent): Sent => ({ ...sent, body: sent.body.slice(0, -1) });

const spaced = (sent: Sent): Sent => ({ ...sent, body: `${String(sent.body)} ` });

const unsigned = (sent: Sent): Sent => ({ ...sent, url: sent.url.replace(SECRET, 'another'), headers: {} });

/** The same webhook in other words: a signature in capitals or with another alphabet, a form in another order. */
function reEncoded({ url, body, headers }: Sent): Sent {
  const written = Object.entries(headers).map(([name, value]) => {
    const other = name === 'webhook-signature' ? value.replaceAll('+', '-').replaceAll('/', '_') : value;
    return [name, name === 'x-chatwoot-signature' ? other.toUpperCase().replace('SHA256', 'sha256') : other];
  });
  const isForm = url.endsWith(SECRET);
  const swapped = isForm ? String(body).split('&').toReversed().join('&').replaceAll('%40', '@') : body;
  return { url: url.replace('the-secret', '%74he-secret'), body: swapped, headers: Object.fromEntries(written) };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

let address = 0;

/** From ever other addresses, so that no limit per address helps. */
async function post({ url, body, headers }: Sent, from?: string): Promise<number> {
  address += 1;
  const { statusCode, body: answer } = await app.inject({
    method: 'POST',
    url,
    payload: body,
    headers,
    remoteAddress: from ?? `10.${address >> 16}.${(address >> 8) & 255}.${address & 255}`,
  });
  expect(answer).not.toContain(SECRET);
  return statusCode;
}

describe('15,000 webhooks of an attacker', () => {
  test('that are forged, replayed, cut or re-encoded: none is accepted, the log stays short, memory flat', async () => {
    for (const kind of KINDS) expect(await post(kind(1))).toBeLessThan(300);
    const genuine = followed.length;
    expect(genuine).toBe(4);
    const attacks = [
      (n: number, kind: (id: number) => Sent) => unsigned(kind(n)),
      (_: number, kind: (id: number) => Sent) => kind(1),
      (_: number, kind: (id: number) => Sent) => reEncoded(kind(1)),
      // The secret in MailChimp's path proves who sends, whatever the body.
      (n: number, kind: (id: number) => Sent) => cut(kind === mailchimp ? signedMailchimp(n) : kind(n)),
      (n: number, kind: (id: number) => Sent) => spaced(kind === mailchimp ? signedMailchimp(n) : kind(n)),
    ];
    const heap: number[] = [];
    const statuses = new Set<number>();
    for (let n = 0; n < 15_000; n += 1) {
      const kind = KINDS[n % KINDS.length] ?? chatwoot;
      const attack = attacks[Math.trunc(n / KINDS.length) % attacks.length];
      statuses.add(await post(attack?.(n + 2, kind) ?? kind(1)));
      if (n % 5_000 === 4_999) heap.push(heapUsed());
    }
    expect(statuses).toEqual(new Set([401]));
    expect(followed).toHaveLength(genuine);
    expect(logged.length).toBeLessThan(100_000);
    expect(logged).not.toContain(SECRET);
    now += 60_000;
    await post(unsigned(chatwoot(1)));
    expect(logged).toMatch(/"leftOut":\d{3,}/);
    expect((heap.at(-1) ?? 0) - (heap[0] ?? 0)).toBeLessThan(5_000_000);
  });

  test('from one address are too many for a minute, which keeps back nobody else', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 101; n += 1) statuses.push(await post(unsigned(mautic(n)), '10.9.9.9'));
    expect(statuses).toEqual([...Array.from({ length: 100 }, () => 401), 429]);
    expect(await post(mautic(5), '10.9.9.8')).toBe(200);
  });
});

const ask = async (token: string, from: string, headers: Readonly<Record<string, string>> = {}) =>
  app.inject({
    method: 'POST',
    url: '/v1/sync/TAGSERVER/Nothing/1',
    headers: { authorization: `Bearer ${token}`, ...headers },
    remoteAddress: from,
  });

const behind = (from: string) => ({ 'x-forwarded-for': from });

describe('tokens', () => {
  test('guessed 5,000 times lock the address out for a quarter of an hour, and nobody else', async () => {
    const counts = new Map<number, number>();
    for (let n = 0; n < 5_000; n += 1) {
      const { statusCode } = await ask(`guess-${n}`, '10.1.1.1');
      counts.set(statusCode, (counts.get(statusCode) ?? 0) + 1);
    }
    expect(counts).toEqual(
      new Map([
        [401, 20],
        [429, 4_980],
      ]),
    );
    const locked = await ask(TOKEN, '10.1.1.1');
    expect([locked.statusCode, locked.headers['retry-after']]).toEqual([429, '900']);
    expect((await ask(TOKEN, '10.1.1.2')).statusCode).toBe(404);
    expect(logged.match(/is locked out/g)).toHaveLength(1);
    expect(logged.length).toBeLessThan(20_000);
    expect(logged).not.toMatch(/guess-/);
    now += 15 * 60_000;
    expect((await ask(TOKEN, '10.1.1.1')).statusCode).toBe(404);
  });

  test('guessed through a trusted proxy lock out the address behind it; others cannot claim an address', async () => {
    for (let n = 0; n < 20; n += 1) await ask('wrong', '127.0.0.1', behind('10.2.2.2'));
    expect((await ask(TOKEN, '127.0.0.1', behind('10.2.2.2'))).statusCode).toBe(429);
    expect((await ask(TOKEN, '127.0.0.1', behind('10.2.2.3'))).statusCode).toBe(404);
    expect((await ask(TOKEN, '10.3.3.3', behind('10.2.2.2'))).statusCode).toBe(404);
  });

  test('are good for so many calls a minute, from wherever', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 31; n += 1) statuses.push((await ask(TOKEN, `10.4.4.${n}`)).statusCode);
    expect(statuses).toEqual([...Array.from({ length: 30 }, () => 404), 429]);
  });

  test('leave an audit line for each call: who, what, outcome, address', async () => {
    await ask(TOKEN, '10.5.5.5');
    await app.inject({
      method: 'GET',
      url: '/v1/sync/TAGSERVER/Person/12',
      headers: { authorization: `Bearer ${TOKEN}` },
      remoteAddress: '10.5.5.6',
    });
    await post(chatwoot(47), '10.5.5.7');
    await ask('wrong', '10.5.5.8');
    const lines = logged
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ audit }) => audit === true)
      .map(({ who, what, outcome, address: from, pairs, type, remoteId, reason }) => ({
        who,
        what,
        outcome,
        from,
        ...(pairs === undefined ? {} : { pairs }),
        ...(type === undefined ? {} : { type, remoteId }),
        ...(reason === undefined ? {} : { reason }),
      }));
    const path = '/v1/sync/:process/:type/:id';
    expect(lines).toEqual([
      { who: 'ems', what: `POST ${path}`, outcome: 404, from: '10.5.5.5' },
      { who: 'ems', what: `GET ${path}`, outcome: 503, from: '10.5.5.6', pairs: ['TAGSERVER/Person/12'] },
      {
        who: 'CHATWOOT',
        what: 'POST /hooks/chatwoot',
        outcome: 202,
        from: '10.5.5.7',
        type: 'Person',
        remoteId: '47',
      },
      { who: null, what: `POST ${path}`, outcome: 401, from: '10.5.5.8', reason: 'invalid token' },
    ]);
    expect(logged).not.toContain(TOKEN);
  });
});

describe('a secret path', () => {
  test.each([
    ['with a broken escape', `/hooks/mailchimp/${SECRET}%zz`, 400],
    ['with more behind it', `/hooks/mailchimp/${SECRET}/more`, 404],
    ['that is too long', `/hooks/mailchimp/${SECRET}${'x'.repeat(300)}`, 400],
  ])('%s is in no answer and no log', async (_, url, status) => {
    const answer = await app.inject({ method: 'POST', url, payload: 'type=profile' });
    expect(answer.statusCode).toBe(status);
    expect(answer.body + JSON.stringify(answer.headers)).not.toContain(SECRET);
    expect(logged).not.toContain(SECRET);
  });

  test('is in no line about a webhook that is taken', async () => {
    expect(await post(mailchimp(7))).toBe(200);
    expect(logged).toContain('"who":"MAILCHIMP","what":"POST /hooks/mailchimp/:secret"');
    expect(logged).not.toContain(SECRET);
  });
});

test('more than a hundred webhooks at work are answered 503, and when to come again', async () => {
  const { promise, resolve } = Promise.withResolvers<'asked'>();
  let atWork = 0;
  const busy = createGateway({
    log: pino({ level: 'silent' }),
    chatwoot: {
      secrets: [SECRET],
      taken: ownMemory(),
      reasonOf: () => '',
      now: () => NOW,
      follow: () => {
        atWork += 1;
        return promise;
      },
    },
    consent: [],
    onDemand: null,
    unreachable: async () => [],
  });
  const send = async (n: number) => {
    const { url, body, headers } = chatwoot(n);
    return busy.inject({ method: 'POST', url, payload: body, headers });
  };
  const taken = Array.from({ length: 100 }, (_, n) => send(n + 1));
  await waitUntil({ what: 'a hundred at work' }, () => atWork === 100);
  const refused = await send(101);
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '2']);
  expect((await busy.inject('/health/live')).statusCode).toBe(200);
  resolve('asked');
  expect(new Set((await Promise.all(taken)).map(({ statusCode }) => statusCode))).toEqual(new Set([202]));
  expect((await send(102)).statusCode).toBe(202);
  await busy.close();
});
