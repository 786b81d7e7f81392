import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { fastify, type FastifyInstance } from 'fastify';
import { inspect } from 'node:util';
import { startRunSignup, type StartedRunSignup } from '../../../simulators/runsignup/start.ts';
import type { ErrorClass } from '../../../sync/error-class.ts';
import { SyncError } from '../../../sync/sync-error.ts';
import { runSignupSettings } from '../../../targets/runsignup/settings.ts';
import { connect } from './connection.ts';

let runSignup: StartedRunSignup;
let other: FastifyInstance | undefined;

beforeAll(async () => {
  runSignup = await startRunSignup({ key: 'KEY-s3cret', secret: 'SECRET-s3cret' });
});

afterEach(async () => {
  await runSignup?.control.reset();
  await other?.close();
  other = undefined;
});

afterAll(async () => {
  await runSignup?.stop();
});

async function refusal(work: Promise<unknown>): Promise<SyncError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(SyncError);
  return error as SyncError;
}

/** A server that gives the same answer to everything. */
async function answering(body: string, { status = 200, headers = {} } = {}) {
  other = fastify();
  other.all('*', async (_request, reply) => reply.code(status).headers(headers).send(body));
  const url = await other.listen({ port: 0, host: '127.0.0.1' });
  return connect({ url, key: 'KEY-s3cret', secret: 'SECRET-s3cret' });
}

const BAD_DATA = [
  3, 9, 11, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 123, 203, 204, 205,
  214, 215, 218, 219, 220, 221, 222, 223, 225, 226, 227, 228, 229, 230,
];
const CASES: readonly [ErrorClass, readonly number[]][] = [
  ['transient', [4, 5, 14]],
  ['target-down', [6, 7, 12, 13]],
  ['rejected', [15, 101, 201]],
  ['rejected', BAD_DATA],
  ['rejected', [121, 122, 216, 217, 224, 514, 515, 517]],
  ['contract', [1, 2, 999]],
];
const CODES = CASES.flatMap(([errorClass, codes]) => codes.map((code) => [code, errorClass] as const));

describe.each([
  ['inside HTTP 200', {}],
  ['with a status of its own', { http4xx: {} }],
])('an error %s', (_, mode) => {
  test.each(CODES)('%d is %s', async (code, errorClass) => {
    await runSignup.control.setFaults({ ...mode, refuse: { code, message: 'Margie Stephens' } });
    const error = await refusal(connect(runSignup).probe());
    expect(error).toMatchObject({ errorClass, code: `runsignup-${code}` });
    expect(error.message).toContain(`error ${code}`);
    expect(error.message).not.toContain('Margie');
  });
});

test('throttling is waited out for half a minute', async () => {
  await runSignup.control.setFaults({ throttle: {} });
  expect(await refusal(connect(runSignup).probe())).toMatchObject({ errorClass: 'transient', retryAfterMs: 30_000 });
});

test('while it lasts, nothing of this connection goes out', async () => {
  await runSignup.control.setFaults({ throttle: { times: 1 } });
  const target = connect(runSignup);
  await refusal(target.probe());
  const before = (await runSignup.control.journal()).length;
  const { errorClass, code, retryAfterMs } = await refusal(target.probe());
  expect([errorClass, code]).toEqual(['transient', 'call-rate']);
  expect(retryAfterMs).toBeGreaterThan(20_000);
  expect(await runSignup.control.journal()).toHaveLength(before);
});

test.each([
  [{ error: { error_code: 11, error_details: [{ error_code: 517, detailed_desc: 'Margie (2600001)' }] } }, '2600001'],
  [{ error_details: [{ error_code: '517', detailed_desc: 2_600_001 }] }, '2600001'],
  [{ error: { error_code: 11, error_details: [{ error_code: 517, detailed_desc: 'Margie 1, Margie 2' }] } }, null],
])('a potential duplicate is told by its id alone: %j', async (body, id) => {
  const error = await refusal((await answering(JSON.stringify(body))).probe());
  expect(error).toMatchObject({ errorClass: 'rejected', code: 'runsignup-517' });
  expect(error.message).not.toContain('Margie');
  expect(error.message.includes('2600001')).toBe(id !== null);
});

test('a wrong key is the target being down, and the setting is named', async () => {
  const error = await refusal(connect({ ...runSignup, key: 'wrong' }).probe());
  expect(error).toMatchObject({ errorClass: 'target-down', message: expect.stringContaining('RUNSIGNUP_API_KEY') });
});

test('a race, a registration and a user that are gone are told as gone, and not as an error', async () => {
  const { inbound } = connect(runSignup);
  expect(await inbound.fetch({ type: 'Event', remoteId: '999@9' }, null)).toBeNull();
  expect(await inbound.fetch({ type: 'Race', remoteId: '999/1' }, null)).toBeNull();
  expect(await inbound.fetch({ type: 'EventParticipant', remoteId: '999/1/1' }, null)).toBeNull();
  expect(await inbound.fetch({ type: 'Person', remoteId: '999' }, null)).toBeNull();
});

test.each([502, 503, 522])('the CDN answering %d is a matter of time', async (status) => {
  await runSignup.control.setFaults({ respond: { status } });
  expect(await refusal(connect(runSignup).probe())).toMatchObject({ errorClass: 'transient', code: `http-${status}` });
});

test('HTML or half an answer with status 200 is not RunSignup’s: it is down', async () => {
  for (const as of ['html', 'truncated'] as const) {
    await runSignup.control.setFaults({ garble: { as } });
    expect(await refusal(connect(runSignup).probe())).toMatchObject({ errorClass: 'target-down', code: 'not-json' });
  }
});

test('an answer of another shape is against the contract', async () => {
  await runSignup.control.setFaults({ garble: { as: 'shape' } });
  const { inbound } = connect(runSignup);
  const listing = inbound.list({ type: 'Event', scope: '1@1', since: null, page: null });
  expect(await refusal(listing)).toMatchObject({ errorClass: 'contract' });
});

test("an error in XML is RunSignup's error all the same", async () => {
  const xml = '<?xml version="1.0"?>\n<error><error_code>6</error_code><error_msg>no</error_msg></error>';
  expect(await refusal((await answering(xml)).probe())).toMatchObject({
    errorClass: 'target-down',
    code: 'runsignup-6',
  });
  await other?.close();
  const races = '<?xml version="1.0"?><races/>';
  expect(await refusal((await answering(races)).probe())).toMatchObject({
    errorClass: 'target-down',
    code: 'not-json',
  });
});

test('an error without a code is against the contract, and no success', async () => {
  const target = await answering('{"error":{"error_msg":"?"},"races":[]}');
  expect(await refusal(target.probe())).toMatchObject({ errorClass: 'contract' });
});

test('an error without a code but with a status of its own has the class of its status', async () => {
  const target = await answering('{"error":"Service Unavailable"}', { status: 503 });
  expect(await refusal(target.probe())).toMatchObject({ errorClass: 'transient', code: 'http-503' });
});

test('an empty list in place of an error object is a list', async () => {
  const target = await answering('[]');
  await expect(target.probe()).resolves.toBeUndefined();
});

test('a redirect is not followed: key and secret stay with RunSignup', async () => {
  let asked = 0;
  const elsewhere = fastify();
  elsewhere.all('*', async () => {
    asked += 1;
    return {};
  });
  try {
    const location = await elsewhere.listen({ port: 0, host: '127.0.0.1' });
    const target = await answering('{}', { status: 302, headers: { location } });
    expect(await refusal(target.probe())).toMatchObject({ errorClass: 'target-down', code: 'http-302' });
    expect(asked).toBe(0);
  } finally {
    await elsewhere.close();
  }
});

test('whatever goes wrong, no secret is told: not in the error, not in its cause, not in a log of it', async () => {
  const errors: SyncError[] = [];
  const faults = [
    { failBefore: {} },
    { failAfter: {} },
    { respond: { status: 522 } },
    { refuse: { code: 6 } },
    { throttle: {} },
    { garble: { as: 'html' } },
    { garble: { as: 'truncated' } },
  ] as const;
  for (const fault of faults) {
    await runSignup.control.setFaults(fault);
    errors.push(await refusal(connect(runSignup).probe()));
    await runSignup.control.clearFaults();
  }
  const nobody = { url: 'http://127.0.0.1:1', key: 'KEY-s3cret', secret: 'SECRET-s3cret' };
  errors.push(await refusal(connect(nobody).probe()));
  expect(errors.at(-1)).toMatchObject({ errorClass: 'target-down' });
  for (const error of errors) {
    for (let thrown: unknown = error; thrown instanceof Error; thrown = thrown.cause) {
      const told = `${thrown.message} ${thrown.stack} ${inspect(thrown, { depth: 20, showHidden: true })}`;
      expect(told).not.toMatch(/s3cret|rsu_api_key|http:\/\//);
    }
  }
});

describe('settings', () => {
  const needed = {
    RUNSIGNUP_URL: 'https://api.runsignup.com/rest',
    RUNSIGNUP_API_KEY: 'k',
    RUNSIGNUP_API_SECRET: 's',
  };

  test('everything that writes more than bibs and chips is off by default', () => {
    expect(runSignupSettings.parse(needed)).toMatchObject({
      RUNSIGNUP_WRITE_PERSONAL: false,
      RUNSIGNUP_WRITE_CORRALS: false,
      RUNSIGNUP_CREATE_RACES: false,
    });
  });

  test('the rate is 15 calls a minute until it is set otherwise', () => {
    expect(runSignupSettings.parse(needed).RUNSIGNUP_CALLS_PER_MINUTE).toBe(15);
    expect(runSignupSettings.parse({ ...needed, RUNSIGNUP_CALLS_PER_MINUTE: '60' }).RUNSIGNUP_CALLS_PER_MINUTE).toBe(
      60,
    );
    for (const wrong of ['0', '1.5', 'fast']) {
      expect(runSignupSettings.safeParse({ ...needed, RUNSIGNUP_CALLS_PER_MINUTE: wrong }).success).toBe(false);
    }
  });

  test('a connection calls no more often than its rate', async () => {
    const target = connect(runSignup, { RUNSIGNUP_CALLS_PER_MINUTE: '3' });
    for (let call = 0; call < 3; call += 1) await target.probe();
    expect(await refusal(target.probe())).toMatchObject({ errorClass: 'transient', code: 'call-rate' });
  });

  test('half a registration of the caller is a wrong setting, and so is a word for true', () => {
    expect(runSignupSettings.safeParse({ ...needed, RUNSIGNUP_REG_ID: 'r' }).success).toBe(false);
    expect(runSignupSettings.safeParse({ ...needed, RUNSIGNUP_REG_SECRET: 'r' }).success).toBe(false);
    expect(runSignupSettings.safeParse({ ...needed, RUNSIGNUP_CREATE_RACES: 'yes' }).success).toBe(false);
  });

  test('the registration of the caller is sent where it is asked for', async () => {
    await runSignup.control.setFaults({ requireCallerRegistration: {} });
    expect(await refusal(connect(runSignup).probe())).toMatchObject({ code: 'runsignup-6' });
    const registered = connect(runSignup, {
      RUNSIGNUP_REG_ID: runSignup.callerRegistration,
      RUNSIGNUP_REG_SECRET: runSignup.callerRegistrationSecret,
    });
    await expect(registered.probe()).resolves.toBeUndefined();
  });

  test('the address may be given with or without /rest', async () => {
    for (const tail of ['', '/', '/rest', '/Rest/']) {
      await expect(connect({ ...runSignup, url: `${runSignup.url}${tail}` }).probe()).resolves.toBeUndefined();
    }
  });
});
