import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { mailchimpUnderTest } from './mailchimp-under-test.ts';
import { eventually } from './eventually.ts';

const mailchimp = mailchimpUnderTest();

interface BatchAnswer {
  readonly id: string;
  readonly status: string;
  readonly total_operations: number;
  readonly finished_operations: number;
  readonly errored_operations: number;
  readonly completed_at: string;
  readonly response_body_url: string;
}

const post = async (operations: readonly object[]) => {
  const response = await mailchimp.call('POST', '/3.0/batches', { operations });
  return { status: response.status, body: (await response.json()) as BatchAnswer };
};
const read = async (id: string): Promise<BatchAnswer> =>
  (await (await mailchimp.call('GET', `/3.0/batches/${id}`)).json()) as BatchAnswer;

const putOperation = (name: string) => ({
  method: 'PUT',
  path: `/lists/${mailchimp.started.list}/members/${name}@clube.example`,
  body: JSON.stringify({ email_address: `${name}@clube.example`, status_if_new: 'subscribed' }),
  operation_id: name,
});

/** Files of an archive: content by name. */
const filesOf = (archive: Buffer): Map<string, string> => {
  const files = new Map<string, string>();
  for (let at = 0; at + 512 <= archive.length && archive[at] !== 0;) {
    const text = (from: number, length: number): string =>
      archive.toString('latin1', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 12), 8);
    const checksum = Number.parseInt(text(148, 8), 8);
    const header = Buffer.from(archive.subarray(at, at + 512)).fill(' ', 148, 156);
    expect(header.reduce((sum, byte) => sum + byte, 0)).toBe(checksum);
    if (text(156, 1) === '0') files.set(text(0, 100), archive.toString('utf8', at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
};

const resultsOf = async (url: string): Promise<{ status_code: number; operation_id: string; response: string }[]> => {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
  const files = filesOf(gunzipSync(Buffer.from(await response.arrayBuffer())));
  return [...files.values()].flatMap((content) => JSON.parse(content));
};

test('a batch goes from status to status by the clock, and is done in the middle', async () => {
  await mailchimp.control.setSettings({ batchStepMs: 60_000 });
  const { status, body } = await post([putOperation('a'), putOperation('b')]);
  expect([status, body.status, body.total_operations, body.response_body_url]).toEqual([200, 'pending', 0, '']);
  const seen: (readonly [string, number])[] = [];
  for (const minutes of [0, 1, 2, 3, 4]) {
    await mailchimp.control.setClock(minutes * 60_000 + 5_000);
    const batch = await read(body.id);
    seen.push([batch.status, batch.finished_operations]);
  }
  expect(seen).toEqual([
    ['pending', 0],
    ['preprocessing', 0],
    ['started', 2],
    ['finalizing', 2],
    ['finished', 2],
  ]);
  expect(Object.keys((await mailchimp.control.state()).members)).toHaveLength(2);
});

test('its results are in an archive, each with its own answer, for a while', async () => {
  await mailchimp.control.setSettings({ batchStepMs: 10 });
  const { body } = await post([
    putOperation('a'),
    { method: 'GET', path: `lists/${mailchimp.started.list}/members`, params: { count: 1 }, operation_id: 'list' },
    { method: 'DELETE', path: `/lists/${mailchimp.started.list}/members/nobody@clube.example`, operation_id: 'gone' },
    { method: 'PUT', path: `/lists/${mailchimp.started.list}/members/x`, body: '{', operation_id: 'broken' },
  ]);
  expect(await eventually(async () => (await read(body.id)).status === 'finished')).toBe(true);
  const { response_body_url: url, errored_operations: errored, completed_at: completed } = await read(body.id);
  expect(errored).toBe(2);
  expect(completed).toMatch(/\+00:00$/);
  const results = new Map((await resultsOf(url)).map((result) => [result.operation_id, result]));
  expect(Object.fromEntries([...results].map(([id, { status_code: code }]) => [id, code]))).toEqual({
    a: 200,
    list: 200,
    gone: 404,
    broken: 400,
  });
  expect(JSON.parse(results.get('a')?.response ?? '')).toMatchObject({ email_address: 'a@clube.example' });
  expect((await fetch(url.replace(/signature=.*/, 'signature=guessed'))).status).toBe(403);
  await mailchimp.control.setClock(601_000);
  expect((await fetch(url)).status).toBe(403);
  expect(await resultsOf((await read(body.id)).response_body_url)).toHaveLength(4);
});

test('a batch is worked on though nobody asks, in an order of its own, and is no traffic', async () => {
  await mailchimp.control.setSettings({ batchStepMs: 10, connections: 1 });
  const names = Array.from({ length: 12 }, (_, nth) => `m${nth}`);
  await post(names.map(putOperation));
  const members = async () => Object.values((await mailchimp.control.state()).members).map(({ email }) => email);
  expect(await eventually(async () => (await members()).length === names.length)).toBe(true);
  expect(await members()).not.toEqual(names.map((name) => `${name}@clube.example`));
  expect(await mailchimp.control.journal()).toHaveLength(1);
});

test('a batch of too many operations is refused, and one can be deleted', async () => {
  await mailchimp.control.setSettings({ maxBatchOperations: 2 });
  const tooMany = ['a', 'b', 'c'].map(putOperation);
  expect((await post(tooMany)).status).toBe(400);
  const { body } = await post(tooMany.slice(1));
  const all = (await (await mailchimp.call('GET', '/3.0/batches')).json()) as object;
  expect(all).toMatchObject({ batches: [{ id: body.id }], total_items: 1 });
  expect((await mailchimp.call('DELETE', `/3.0/batches/${body.id}`)).status).toBe(204);
  expect((await mailchimp.call('GET', `/3.0/batches/${body.id}`)).status).toBe(404);
});

test('a reset ends a batch in its middle', async () => {
  await mailchimp.control.setSettings({ batchStepMs: 10 });
  await post(Array.from({ length: 400 }, (_, nth) => putOperation(`m${nth}`)));
  const count = async () => Object.keys((await mailchimp.control.state()).members).length;
  expect(await eventually(async () => (await count()) > 0)).toBe(true);
  await mailchimp.control.reset();
  await new Promise((resolve) => setTimeout(resolve, 200));
  // The request that was in progress may still have arrived.
  expect(await count()).toBeLessThanOrEqual(1);
});
