import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { AskResult, PairState } from '../../clients/gateway/on-demand/schemas.ts';
import { startGateway, type ProgramUnderTest } from './program-under-test.ts';
import { System } from './system.ts';

const TOKEN = 'token-of-ems';
const OTHER_TOKEN = 'token-of-another';

type Gateway = ProgramUnderTest & { readonly url: string };

const gateways: Gateway[] = [];
let system: System;
let gateway: Gateway;
let ajv: Ajv2020;
/** The paths of the OpenAPI description. */
let paths: Record<string, Record<string, { responses: Record<string, unknown> }>>;

beforeAll(async () => {
  system = await System.start();
  gateway = await started();
  const description = (await (await fetch(`${gateway.url}/v1/openapi.json`)).json()) as { paths: typeof paths };
  ({ paths } = description);
  ajv = new Ajv2020({ strict: false, allErrors: true });
  (addFormats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema({ $id: 'https://description.test/', ...description });
});

afterAll(async () => {
  await Promise.all(gateways.map(({ child }) => child.stop()));
  await system?.stop();
});

async function started(settings: Readonly<Record<string, string>> = {}): Promise<Gateway> {
  const one = await startGateway(system, { GATEWAY_TOKENS: `other:${OTHER_TOKEN},ems:${TOKEN}`, ...settings });
  gateways.push(one);
  return one;
}

/** The properties of any answer; each answer is validated against the description. */
interface Body extends AskResult {
  readonly valid: readonly string[];
  readonly results: readonly AskResult[];
  readonly record: NonNullable<PairState['record']>;
}

interface Sent {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly at?: Gateway;
}

/** Sends a request and validates its answer against the description. */
async function send(path: string, { method = 'POST', body, headers = {}, at = gateway }: Sent = {}) {
  const response = await fetch(`${at.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = { status: response.status, headers: response.headers, body: (await response.json()) as Body };
  expectDescribed(path, method, response.headers.get('content-type') ?? '', answer);
  return answer;
}

function expectDescribed(path: string, method: string, contentType: string, answer: { status: number; body: unknown }) {
  const plain = path.split('?')[0] ?? '';
  const template = plain.split('/').length > 3 ? '/v1/sync/{process}/{type}/{id}' : plain;
  const media = contentType.split(';')[0] ?? '';
  const at = [template, method.toLowerCase(), 'responses', String(answer.status), 'content', media, 'schema'];
  const pointer = ['paths', ...at].map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
  expect(paths[template]?.[method.toLowerCase()]?.responses).toHaveProperty(String(answer.status));
  const fits = ajv.getSchema(`https://description.test/#/${encodeURI(pointer)}`) as ValidateFunction;
  expect([answer.body, fits(answer.body), fits.errors]).toEqual([answer.body, true, null]);
}

/** An open event, whose rows therefore belong on TagServer, and a participant's person. */
async function participant(values: Readonly<Record<string, unknown>> = {}) {
  const event = await system.ems.event();
  const race = await system.ems.race(event);
  const person = await system.ems.person(values);
  const registration = await system.ems.participant(event, race, { person_id: person });
  return { person, registration, event };
}

const path = (type: string, id: string) => `/v1/sync/TAGSERVER/${type}/${id}`;

const runsOf = async (id: string) =>
  (await system.temporal.workflow.count(`EntityId = "${id}" AND SyncProcess = "TAGSERVER"`)).count;

const passesOf = async (person: string) => (await system.record('Person', person))?.pass;

const keyed = (key: string, token = TOKEN) => ({ 'idempotency-key': key, authorization: `Bearer ${token}` });

describe('asked for over HTTP', () => {
  test('a change is at TagServer, by no sweep', async () => {
    const { person } = await participant();
    const { status, body } = await send(path('Person', person));
    expect(status).toBe(202);
    expect(body).toMatchObject({ result: 'requested', outcome: null, workflowId: `TAGSERVER/Person/${person}` });
    await system.eventually('the person', async () => (await system.remote('persons', person)) !== null);
    await system.ems.update('person', person, { last_name: 'Sousa' });
    const waited = await send(`${path('Person', person)}?wait=30`);
    expect([waited.status, waited.body.result, waited.body.outcome, waited.body.delivery]).toEqual([
      200,
      'answered',
      'IN_SYNC',
      'updated',
    ]);
    expect(await system.remote('persons', person)).toMatchObject({ familyName: 'Sousa' });
  });

  test('a deletion is at TagServer', async () => {
    const { person, registration } = await participant();
    await send(`${path('Person', person)}?wait=30`);
    await system.ems.delete('event_participant', registration);
    await system.ems.delete('person', person);
    const { status, body } = await send(path('Person', person), { headers: { prefer: 'wait=30' } });
    expect([status, body.outcome]).toEqual([200, 'REMOVED']);
    expect(await system.remote('persons', person)).toBeNull();
    expect((await send(path('Person', person))).status).toBe(404);
  });

  test('many go in one request: outcomes in its order, what EMS has not among them, and each once', async () => {
    const people = await Promise.all(Array.from({ length: 3 }, () => system.ems.person()));
    const event = await system.ems.event();
    const race = await system.ems.race(event);
    for (const person of people) await system.ems.participant(event, race, { person_id: person });
    const bad = await system.ems.person({ last_name: ' ' });
    await system.ems.participant(event, race, { person_id: bad });
    const ids = [people[2], '999999', people[0], bad, people[1], people[2]];
    const body = ids.map((id) => ({ process: 'TAGSERVER', type: 'Person', id: id === people[0] ? Number(id) : id }));
    const answer = await send('/v1/sync?wait=30', { body });
    expect(answer.status).toBe(200);
    expect(answer.body.results.map(({ id }) => id)).toEqual(ids);
    expect(answer.body.results.map(({ result, outcome }) => [result, outcome])).toEqual([
      ['answered', 'IN_SYNC'],
      ['unknown', null],
      ['answered', 'IN_SYNC'],
      ['answered', 'PARKED'],
      ['answered', 'IN_SYNC'],
      ['answered', 'IN_SYNC'],
    ]);
    expect(answer.body.results[3]?.reason).toMatch(/^last_name: /);
    for (const person of people) expect(await system.remote('persons', person)).not.toBeNull();
    expect((await send('/v1/sync', { body: [] })).body).toEqual({ results: [] });
  });

  test('1,000 are taken in one request, and all that EMS has arrive', async () => {
    const event = await system.ems.event();
    const race = await system.ems.race(event);
    const { rows } = await system.database.query<{ id: string }>(
      `WITH people AS (
         INSERT INTO person (modified_on, first_name, last_name)
         SELECT clock_timestamp(), 'Ana', 'Silva ' || n FROM generate_series(1, 50) n RETURNING id
       ), taken AS (
         INSERT INTO event_participant (modified_on, event_id, race_id, person_id, status)
         SELECT clock_timestamp(), $1, $2, id, 'REGISTERED' FROM people RETURNING person_id
       ) SELECT person_id AS id FROM taken`,
      [event, race],
    );
    const ids = [...rows.map(({ id }) => id), ...Array.from({ length: 950 }, (_, n) => `${5_000_000 + n}`)];
    const body = ids.map((id) => ({ process: 'TAGSERVER', type: 'Person', id }));
    const { status, body: answer } = await send('/v1/sync', { body });
    expect(status).toBe(202);
    expect(answer.results.map(({ result }) => result)).toEqual(ids.map((_, n) => (n < 50 ? 'requested' : 'unknown')));
    await system.eventually(
      'all of them at TagServer',
      async () => {
        const { persons } = await system.tagServer.control.state();
        return rows.every(({ id }) => persons[id] !== undefined);
      },
      120_000,
      1_000,
    );
  });

  test('a paused process says so at once, and nothing is started', async () => {
    const { person } = await participant();
    await system.database.query("INSERT INTO sync_pause (sync_process) VALUES ('TAGSERVER')");
    const paused = { result: 'paused', outcome: 'PAUSED', reason: expect.stringMatching(/resume TAGSERVER$/) };
    const asked = await send(`${path('Person', person)}?wait=30`);
    const state = await send(path('Person', person), { method: 'GET' });
    await system.database.query('DELETE FROM sync_pause');
    expect(asked).toMatchObject({ status: 200, body: { ...paused, workflowId: null } });
    expect(state.body).toMatchObject({ pausedOn: expect.any(String), workflow: { status: null } });
    expect(await send(`${path('Person', person)}?wait=30`)).toMatchObject({ body: { outcome: 'IN_SYNC' } });
  });

  test('whoever waits for what fails is told so far; the request stands', async () => {
    const { person } = await participant();
    await system.tagServer.control.setFaults({
      respond: { status: 503, match: { method: 'PUT', prefix: `/v1/persons/${person}` } },
    });
    const { status, body } = await send(`${path('Person', person)}?wait=2`);
    expect([status, body.result, body.outcome]).toEqual([202, 'unanswered', null]);
    await system.tagServer.control.clearFaults();
    await system.eventually('the person', async () => (await system.remote('persons', person)) !== null);
  });

  test('a request that no worker has taken stands as well', async () => {
    const { person } = await participant();
    await system.stopWorkers();
    try {
      expect((await send(`${path('Person', person)}?wait=1`)).body.result).toBe('unanswered');
    } finally {
      await system.startWorkers();
    }
    await system.eventually('the person', async () => (await system.remote('persons', person)) !== null);
  });
});

describe('how a row stands', () => {
  test('is told without personal data', async () => {
    const { person } = await participant({ last_name: 'Vasconcelos', email: 'v@clube.example' });
    const before = await send(path('Person', person), { method: 'GET' });
    expect(before.body).toMatchObject({ inEms: true, passesFilter: true, due: 'new', record: null });
    await send(`${path('Person', person)}?wait=30`);
    const { status, body } = await send(path('Person', person), { method: 'GET' });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      process: 'TAGSERVER',
      type: 'Person',
      id: person,
      due: null,
      record: { state: 'IN_SYNC', lastError: null, attempts: 0, remoteId: person },
      workflow: { id: `TAGSERVER/Person/${person}`, status: 'COMPLETED' },
    });
    expect(JSON.stringify(body)).not.toMatch(/Vasconcelos|clube/);
  });

  test('tells what is wrong', async () => {
    const { person } = await participant({ last_name: '' });
    await send(`${path('Person', person)}?wait=30`);
    const { body } = await send(path('Person', person), { method: 'GET' });
    expect(body.record).toMatchObject({ state: 'PARKED', lastErrorClass: expect.any(String) });
    expect(body.record.lastError).toMatch(/last_name/);
  });

  test('is nothing where nobody knows the row', async () => {
    for (const method of ['GET', 'POST'] as const) {
      const { status, body } = await send(path('Person', '888888'), { method });
      expect([status, body.type]).toEqual([404, 'urn:problem-type:ems-sync:unknown-entity']);
    }
  });
});

describe('an Idempotency-Key', () => {
  test('gives the same answer again, at any gateway, without asking again', async () => {
    const { person } = await participant();
    const headers = keyed(randomUUID());
    const url = `${path('Person', person)}?wait=30`;
    const first = await send(url, { headers });
    const pass = await passesOf(person);
    await system.ems.update('person', person, { last_name: 'Sousa' });
    const another = await started();
    for (const at of [gateway, another]) {
      const again = await send(url, { headers, at });
      expect([again.status, again.body, again.headers.get('idempotency-replayed')]).toEqual([
        first.status,
        first.body,
        'true',
      ]);
    }
    expect(await runsOf(person)).toBe(1);
    expect(await passesOf(person)).toBe(pass);
    expect((await send(url, { headers: keyed(randomUUID()) })).body.delivery).toBe('updated');
  });

  test('sent twice at once asks once', async () => {
    const { person } = await participant();
    const headers = keyed(randomUUID());
    const another = gateways[1] ?? gateway;
    const url = `${path('Person', person)}?wait=30`;
    const answers = await Promise.all([gateway, another, gateway, another].map((at) => send(url, { headers, at })));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(answers.filter((answer) => answer.headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(await runsOf(person)).toBe(1);
  });

  test('is refused with another request, and is each caller’s own', async () => {
    const [one, other] = [await participant(), await participant()];
    const key = randomUUID();
    expect((await send(path('Person', one.person), { headers: keyed(key) })).status).toBe(202);
    const { status, body } = await send(path('Person', other.person), { headers: keyed(key) });
    expect([status, body.type]).toEqual([422, 'urn:problem-type:ems-sync:key-reused']);
    const list = [{ process: 'TAGSERVER', type: 'Person', id: one.person }];
    expect((await send('/v1/sync', { body: list, headers: keyed(key) })).status).toBe(422);
    expect((await send(path('Person', other.person), { headers: keyed(key, OTHER_TOKEN) })).status).toBe(202);
  });

  test('is kept for a day, as a hash, and then goes', async () => {
    const { person } = await participant();
    const key = randomUUID();
    await send(path('Person', person), { headers: keyed(key) });
    const { rows } = await system.database.query(
      `SELECT key_hash, answer FROM sync_idempotency
       WHERE expires_on - claimed_on BETWEEN interval '23 hours 59 minutes' AND interval '24 hours 1 minute'`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toMatch(new RegExp(`${key}|${TOKEN}`));
    await system.database.query(`UPDATE sync_idempotency SET expires_on = clock_timestamp() - interval '1 second'`);
    const again = await send(path('Person', person), { headers: keyed(key) });
    expect(again.headers.get('idempotency-replayed')).toBeNull();
    // A gateway's first request deletes expired keys.
    await send(path('Person', person), { headers: keyed(randomUUID()), at: await started() });
    const left = await system.database.query(`SELECT FROM sync_idempotency WHERE expires_on < clock_timestamp()`);
    expect(left.rows).toHaveLength(0);
  });

  test('of a request that came to nothing may be used again', async () => {
    const headers = keyed(randomUUID());
    expect((await send(path('Person', '777777'), { headers })).status).toBe(404);
    await system.ems.insert('person', { id: '777777', first_name: 'Ana', last_name: 'Silva' });
    expect((await send(path('Person', '777777'), { headers })).status).toBe(202);
  });

  test('of a gateway that died while it answered is taken over', async () => {
    const { person } = await participant();
    const headers = keyed(randomUUID());
    await send(path('Person', person), { headers });
    await system.database.query(
      `UPDATE sync_idempotency SET status = NULL, answer = NULL, claimed_on = clock_timestamp() - interval '1 hour'
       WHERE answer::json ->> 'id' = $1`,
      [person],
    );
    const again = await send(path('Person', person), { headers });
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([202, null]);
  });
});

describe('the gateway', () => {
  test.each([
    ['Temporal', { TEMPORAL_ADDRESS: '127.0.0.1:1' }, 'Temporal at 127.0.0.1:1 cannot be reached'],
    [
      'PostgreSQL',
      { DATABASE_URL: 'postgres://ems:top-secret@127.0.0.1:1/ems' },
      'PostgreSQL at 127.0.0.1:1 cannot be reached',
    ],
  ])('without %s says 503, and when to come again', async (_, settings, reason) => {
    const { person } = await participant();
    const at = await started(settings);
    for (const [method, url] of [
      ['POST', path('Person', person)],
      ['POST', `${path('Person', person)}?wait=30`],
      ['GET', path('Person', person)],
    ] as const) {
      const { status, headers, body } = await send(url, { method, at });
      expect([url, status, headers.get('retry-after')]).toEqual([url, 503, '5']);
      expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|secret/);
    }
    await at.hasLogged(reason);
    expect(at.log()).not.toContain('top-secret');
  });

  test('without tokens has no such paths', async () => {
    const at = await started({ GATEWAY_TOKENS: '' });
    for (const url of ['/v1/sync/TAGSERVER/Person/1', '/v1/openapi.json']) {
      expect((await fetch(`${at.url}${url}`, { headers: { authorization: 'Bearer ' } })).status).toBe(404);
    }
  });

  test('refuses a wrong token, a process that is off, and an unknown one', async () => {
    expect((await send('/v1/sync/TAGSERVER/Person/1', { headers: { authorization: 'Bearer no' } })).status).toBe(401);
    const off = await send('/v1/sync/CHATWOOT/Person/1');
    expect([off.status, off.body.type]).toEqual([409, 'urn:problem-type:ems-sync:process-off']);
    expect((await send('/v1/sync/NOBODY/Person/1')).body.valid).toContain('TAGSERVER');
  });

  test('logs neither a token nor a value', () => {
    for (const one of gateways) expect(one.log()).not.toMatch(/token-of|Silva|Sousa|Vasconcelos|clube/);
  });
});

/** What is readable in a run's history: failure messages, and payloads, each with its path and encoding. */
async function readable(person: string) {
  const history = await system.temporal.workflow.getHandle(`TAGSERVER/Person/${person}`).fetchHistory();
  const encodings: string[] = [];
  const messages: string[] = [];
  const walk = (value: unknown, at: string): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      // Temporal finds runs by them, so they stay readable.
      if (name === 'searchAttributes') continue;
      // Of a local activity the SDK itself notes number, type and times.
      if (name === 'data' && at.endsWith('/markerRecordedEventAttributes/details')) continue;
      if (name === 'encoding')
        encodings.push(`${at.replaceAll(/\d+/g, '')}: ${Buffer.from(String(inner), 'base64').toString()}`);
      else if (name === 'message') messages.push(String(inner));
      else walk(inner, `${at}/${name}`);
    }
  };
  walk(JSON.parse(historyToJSON(history)), '');
  return { encodings, messages };
}

describe('with TEMPORAL_CODEC_KEY', () => {
  const [OLD, NEW] = ['old', 'new'].map((id) => `${id}:${randomBytes(32).toString('base64')}`);

  test('requests, results and failures are encrypted, while the key is rotated and after runs in the clear', async () => {
    const [clear, one, other] = [await participant(), await participant(), await participant()];
    await send(`${path('Person', clear.person)}?wait=30`);
    expect((await readable(clear.person)).encodings.join()).toContain(': json/plain');
    system.set({ TEMPORAL_CODEC_KEY: `${NEW},${OLD}` });
    await system.replaceWorkers();
    const [behind, ahead] = [
      await started({ TEMPORAL_CODEC_KEY: `${OLD},${NEW}` }),
      await started({ TEMPORAL_CODEC_KEY: `${NEW},${OLD}` }),
    ];
    const match = { method: 'PUT', prefix: `/v1/persons/${other.person}` };
    await system.tagServer.control.setFaults({ respond: { status: 503, times: 1, match } });
    for (const [{ person }, at] of [
      [clear, behind],
      [one, behind],
      [other, ahead],
    ] as const) {
      const { status, body } = await send(`${path('Person', person)}?wait=60`, { at });
      expect([status, body.outcome]).toEqual([200, 'IN_SYNC']);
    }
    await system.tagServer.control.clearFaults();
    for (const { person } of [clear, one, other]) {
      const { encodings, messages } = await readable(person);
      expect(encodings.length).toBeGreaterThan(5);
      expect(encodings.filter((one) => !one.endsWith(': binary/encrypted'))).toEqual([]);
      expect(messages.filter((message) => message !== 'Encoded failure')).toEqual([]);
    }
  });
});
