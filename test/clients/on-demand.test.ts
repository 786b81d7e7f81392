import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Client, Connection } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { AtMost } from '../../clients/at-most.ts';
import { callerOf, presentedToken } from '../../clients/gateway/on-demand/bearer.ts';
import { openApi } from '../../clients/gateway/on-demand/open-api.ts';
import { idempotencyKeyIn, waitIn } from '../../clients/gateway/on-demand/read-request.ts';
import { createGateway } from '../../clients/gateway/server.ts';
import { createOrm, type Orm } from '../../database/orm.ts';
import { namedTokens } from '../../settings/named-tokens.ts';
import { readSettings } from '../../settings/read-settings.ts';
import { TARGETS } from '../../targets/index.ts';

const TOKENS = ['one-token', 'another-token'];
/** By name. */
const NAMED = namedTokens.parse(TOKENS.map((token) => `of-${token}:${token}`).join());

/** Port 1 has no listener: what is refused here is refused before any server is contacted. */
const { common: settings } = readSettings({
  DATABASE_URL: 'postgres://ems:top-secret@127.0.0.1:1/ems',
  TEMPORAL_ADDRESS: '127.0.0.1:1',
});

let app: FastifyInstance;
let orm: Orm;
let connection: Connection;
let logged = '';

beforeAll(async () => {
  orm = await createOrm({ databaseUrl: settings.DATABASE_URL, poolSize: 2 });
  connection = Connection.lazy({ address: settings.TEMPORAL_ADDRESS });
  app = createGateway({
    log: pino({ level: 'debug' }, { write: (line: string) => (logged += line) }),
    chatwoot: null,
    consent: [],
    unreachable: async () => [],
    onDemand: {
      orm,
      temporal: new Client({ connection }),
      settings,
      tokens: NAMED,
      off: async () => [{ process: 'RUNSIGNUP', missing: ['RUNSIGNUP_URL', 'RUNSIGNUP_API_KEY'] }],
      unreachable: () => null,
    },
  });
});

afterAll(async () => {
  await app.close();
  await connection.close();
  await orm.close();
});

interface Sent {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send(url: string, { method = 'POST', body, headers = {} }: Sent = {}) {
  return app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${TOKENS[1]}`, ...headers },
    ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
}

const person = (id: unknown) => ({ process: 'TAGSERVER', type: 'Person', id });

const callerWith = (authorization: unknown, tokens = NAMED) => {
  const token = presentedToken(authorization);
  return token === null ? null : callerOf(token, tokens);
};

describe('who asks', () => {
  test.each(TOKENS)('is known by %s, and by no other', (token) => {
    expect(callerWith(`Bearer ${token}`)).toBe(`of-${token}`);
    expect(callerWith(`bearer  ${token}`)).toBe(`of-${token}`);
    expect(callerWith(`Bearer ${token}x`)).toBeNull();
    expect(callerWith(`Bearer ${token.slice(1)}`)).toBeNull();
    expect(callerWith(`Bearer of-${token}:${token}`)).toBeNull();
  });

  test.each([undefined, '', 'Bearer', 'Bearer ', 'Basic one-token', 'one-token', ['Bearer one-token']])(
    'is nobody with %j',
    (authorization) => {
      expect(callerWith(authorization)).toBeNull();
      expect(callerWith(authorization, [])).toBeNull();
    },
  );

  test.each(['', 'Bearer wrong', 'Basic b25lLXRva2Vu'])(
    'with "%s" is refused, whatever is asked for',
    async (shown) => {
      for (const [method, url] of [
        ['POST', '/v1/sync'],
        ['POST', '/v1/sync/TAGSERVER/Person/1'],
        ['GET', '/v1/sync/TAGSERVER/Person/1'],
        ['POST', '/v1/sync/NOBODY/Person/1'],
      ] as const) {
        const answer = await send(url, { method, headers: { authorization: shown } });
        expect([url, answer.statusCode]).toEqual([url, 401]);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
        expect(answer.headers['content-type']).toMatch('application/problem+json');
        expect(answer.json()).toEqual({ type: 'about:blank', title: 'Unauthorized', status: 401 });
      }
      expect(logged).not.toMatch(/wrong|one-token|another-token/);
    },
  );
});

describe('what is asked for', () => {
  test.each([
    ['/v1/sync/NOBODY/Person/1', 404, 'unknown-process', TARGETS.map(({ process }) => process.name)],
    ['/v1/sync/TAGSERVER/Nothing/1', 404, 'unknown-type', expect.arrayContaining(['Person', 'Tag'])],
    [
      '/v1/sync/TAGSERVER/Conversation/1',
      404,
      'unknown-type',
      TARGETS[0]?.process.mappings.map((mapping) => mapping.type),
    ],
    ['/v1/sync/RUNSIGNUP/Person/1', 409, 'process-off', expect.not.arrayContaining(['RUNSIGNUP'])],
  ])('%s: %i %s, with those that there are', async (url, status, kind, valid) => {
    for (const method of ['POST', 'GET'] as const) {
      const answer = await send(url, { method });
      expect(answer.statusCode).toBe(status);
      expect(answer.headers['content-type']).toMatch('application/problem+json');
      expect(answer.json()).toMatchObject({ type: `urn:problem-type:ems-sync:${kind}`, status, valid });
    }
  });

  test('names what a process that is off lacks', async () => {
    const { detail } = (await send('/v1/sync/RUNSIGNUP/Person/1')).json<{ detail: string }>();
    expect(detail).toBe('RUNSIGNUP is off: RUNSIGNUP_URL, RUNSIGNUP_API_KEY not set');
  });

  test.each(['0', '-1', '1.5', 'x', '9223372036854775808', '99999999999999999999', '1e3', '%20'])(
    'has no id %s',
    async (id) => {
      const one = await send(`/v1/sync/TAGSERVER/Person/${id}`);
      expect([one.statusCode, one.json().type]).toEqual([400, 'urn:problem-type:ems-sync:malformed-request']);
      const many = await send('/v1/sync', { body: [person('1'), person(decodeURIComponent(id))] });
      expect(many.statusCode).toBe(400);
      expect(many.json()).toMatchObject({
        errors: [{ pointer: '/1/id', detail: expect.stringMatching(/no id of an EMS row/) }],
      });
    },
  );

  test.each<[string, unknown]>([
    ['no JSON', 'nonsense'],
    ['nothing', ''],
    ['no list', person('1')],
    ['a list of other things', [1]],
    ['an entity without an id', [{ process: 'TAGSERVER', type: 'Person' }]],
    ['an id that JSON has rounded', '[{"process":"TAGSERVER","type":"Person","id":9007199254740993}]'],
    ['an id that is no number', [person(null)]],
    ['an unknown process beside a wrong id', [{ ...person('x'), process: 'NOBODY' }]],
  ])('is refused as a whole: %s', async (_, body) => {
    const answer = await send('/v1/sync', { body });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ status: 400, type: 'urn:problem-type:ems-sync:malformed-request' });
  });

  test('is refused as a whole where one name is unknown, and says which', async () => {
    const answer = await send('/v1/sync', { body: [person('1'), { ...person('2'), type: 'Persona' }] });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({
      errors: [{ pointer: '/1/type' }],
      valid: expect.arrayContaining(['Person']),
    });
    const off = await send('/v1/sync', { body: [person('1'), { ...person('2'), process: 'RUNSIGNUP' }] });
    expect(off.statusCode).toBe(409);
    expect(off.json()).toMatchObject({ errors: [{ pointer: '/1/process' }] });
  });

  test('is at most 1,000', async () => {
    const body = Array.from({ length: 1_001 }, (_, n) => person(n + 1));
    const answer = await send('/v1/sync', { body });
    expect(answer.statusCode).toBe(413);
    expect(answer.json()).toMatchObject({ detail: '1001 entities; at most 1000 go in one request' });
  });

  test('is nothing at other paths', async () => {
    expect((await send('/v1/nothing')).statusCode).toBe(404);
  });

  test('is refused with another method, and told which there are', async () => {
    for (const [method, url, allowed] of [
      ['GET', '/v1/sync', 'POST'],
      ['PUT', '/v1/sync/TAGSERVER/Person/1', 'GET, HEAD, POST'],
      ['DELETE', '/health/live', 'GET, HEAD'],
    ] as const) {
      const answer = await send(url, { method });
      expect([url, answer.statusCode, answer.headers['allow']]).toEqual([url, 405, allowed]);
      expect(answer.json()).toMatchObject({ title: 'Method Not Allowed', status: 405 });
    }
  });

  test('is JSON: another media type is refused, and told which one is taken', async () => {
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'application/jsonp',
      'multipart/form-data',
    ]) {
      const answer = await send('/v1/sync', { body: [person('1')], headers: { 'content-type': type } });
      expect([type, answer.statusCode, answer.headers['accept-post']]).toEqual([type, 415, 'application/json']);
      expect(answer.json()).toMatchObject({ type: 'urn:problem-type:ems-sync:media-type' });
    }
    const off = [{ ...person('2'), process: 'RUNSIGNUP' }];
    for (const type of ['application/json', 'application/json; charset=utf-8', 'application/vnd.ems+json']) {
      const answer = await send('/v1/sync', { body: off, headers: { 'content-type': type } });
      expect([type, answer.statusCode]).toEqual([type, 409]);
    }
  });

  test('may be spelt as on the command line, in the path and in the body', async () => {
    for (const path of ['runsignup/event-participant', 'RunSignup/EVENT_PARTICIPANT', 'RUNSIGNUP/EventParticipant']) {
      expect((await send(`/v1/sync/${path}/1`)).statusCode).toBe(409);
      const [process, type] = path.split('/');
      expect((await send('/v1/sync', { body: [{ process, type, id: '1' }] })).statusCode).toBe(409);
    }
    expect((await send('/v1/sync/tagserver/conversation/1')).json()).toMatchObject({
      type: 'urn:problem-type:ems-sync:unknown-type',
      detail: expect.stringMatching(/^TAGSERVER has no Conversation; it has/),
    });
  });
});

describe('how long the caller waits', () => {
  test.each([
    [{}, undefined, { ms: 0, preferred: false }],
    [{ wait: '10' }, undefined, { ms: 10_000, preferred: false }],
    [{ wait: '0' }, 'wait=5', { ms: 0, preferred: false }],
    [{}, 'wait=5', { ms: 5_000, preferred: true }],
    [{}, 'respond-async, Wait = 7', { ms: 7_000, preferred: true }],
    [{}, ['respond-async', 'wait="7"'], { ms: 7_000, preferred: true }],
    [{}, 'wait=100000', { ms: 120_000, preferred: true }],
    [{}, 'await=5, wait=soon', { ms: 0, preferred: false }],
  ])('%j and Prefer: %j', (query, prefer, wait) => {
    expect(waitIn(query, prefer)).toEqual(wait);
  });

  test.each(['-1', '1.5', 'soon', '121'])('is not %s', async (wait) => {
    const answer = await send(`/v1/sync/TAGSERVER/Person/1?wait=${wait}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().detail).toMatch(/wait is a whole number of seconds from 0 to 120/);
  });
});

describe('an Idempotency-Key', () => {
  test.each([
    [undefined, null],
    ['b0f2', 'b0f2'],
    ['"b0f2"', 'b0f2'],
  ])('%j is %j', (header, key) => {
    expect(idempotencyKeyIn(header)).toBe(key);
  });

  test.each(['', ' ', 'a b', 'x'.repeat(201), 'é'])('is not %j', (header) => {
    expect(() => idempotencyKeyIn(header)).toThrow(/1 to 200 characters/);
  });
});

describe('the description', () => {
  test('is served to anybody, and is valid OpenAPI 3.1', async () => {
    const answer = await send('/v1/openapi.json', { method: 'GET', headers: { authorization: '' } });
    expect(answer.statusCode).toBe(200);
    const description = answer.json<{ openapi: string }>();
    expect(description.openapi).toMatch(/^3\.1\./);
    const { valid, errors } = await new Validator().validate(description);
    expect([valid, errors]).toEqual([true, undefined]);
  });

  test('would be found out if it were not', async () => {
    const broken = JSON.stringify({ ...openApi(), paths: { 'v1/sync': {} } });
    const { valid } = await new Validator().validate(JSON.parse(broken));
    expect(valid).toBe(false);
  });

  test('names every process and type of this release', () => {
    const text = JSON.stringify(openApi().components?.schemas);
    for (const { process } of TARGETS) {
      expect(text).toContain(`"${process.name}"`);
      for (const { type } of process.mappings) expect(text).toContain(`"${type}"`);
    }
  });
});

describe('at most so many at once', () => {
  test('others wait for their turn, or go without', async () => {
    const two = new AtMost(2);
    const ends: (() => void)[] = [];
    let running = 0;
    let most = 0;
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
      return 'done';
    };
    const all = [two.run(work), two.run(work), two.run(work), two.run(work)];
    expect([running, two.waiting]).toEqual([2, 2]);
    expect(await two.runWithin(10, work)).toBeNull();
    expect(two.waiting).toBe(2);
    const patient = two.runWithin(60_000, work);
    for (let ended = 0; ended < 5; ended += 1) {
      while (ends.length === 0) await new Promise((resolve) => setImmediate(resolve));
      ends.shift()?.();
    }
    expect(await Promise.all([...all, patient])).toEqual(Array.from({ length: 5 }, () => 'done'));
    expect([most, running, two.waiting]).toEqual([2, 0, 0]);
  });

  test('a failure gives its place back', async () => {
    const one = new AtMost(1);
    await expect(one.run(async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await one.run(async () => 'yes')).toBe('yes');
  });
});
