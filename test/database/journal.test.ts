import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readTimeline } from '../../clients/timeline.ts';
import { beginAttempt } from '../../database/records/begin-attempt.ts';
import { writeDeliveries } from '../../database/records/write-deliveries.ts';
import { writeFailure } from '../../database/records/write-failure.ts';
import type { Delivery, Evaluated } from '../../sync/delivery.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;
let attempts = 0n;

beforeAll(async () => {
  database = await migratedDatabase();
});
afterAll(async () => {
  await database?.close();
});

const evaluated: Evaluated = {
  modifiedOn: '2026-05-01T10:00:00.123456Z',
  settled: true,
  sourcesVersion: '0:0',
  mappingVersion: '1',
};

/** What a pass writes: the attempt before the call, then its result. */
async function pass(key: string, delivery: object, process: 'TAGSERVER' | 'MAUTIC' = 'TAGSERVER'): Promise<void> {
  attempts += 1n;
  const pair = { process, type: 'Person', key } as const;
  const { rows } = await database.client.query('SELECT FROM sync_person WHERE entity_key = $1 AND sync_process = $2', [
    key,
    process,
  ]);
  const state = rows.length === 0 ? 'CREATING' : 'PENDING';
  await beginAttempt(database.orm, pair, { fencingToken: attempts, state, workflowId: `${process}/Person/${key}` });
  const written = { key, fencingToken: `${attempts}`, evaluated, workflowId: `${process}/Person/${key}`, ...delivery };
  await writeDeliveries(database.orm, process, 'Person', [written as Delivery & { readonly workflowId: string }]);
}

const sent = (key: string, contentHash: string) => ({
  kind: 'updated',
  remoteId: key,
  remoteModifiedOn: null,
  contentHash,
});

const PARKED = { kind: 'parked', errorClass: 'rejected', field: 'bib', reason: 'is 7’s', code: '409-duplicate-bib' };

const happened = async (key: string) =>
  (await readTimeline(database.orm, { type: 'Person', key }))
    .map((one) => `${one.process} ${one.happened}`)
    .toReversed();

test('one time line over all targets tells what happened, with hash, code and workflow', async () => {
  const key = await database.ems.person();
  await pass(key, sent(key, 'v1:one'));
  await pass(key, sent(key, 'v1:mautic'), 'MAUTIC');
  await pass(key, sent(key, 'v1:two'));
  await pass(key, PARKED);
  await pass(key, { kind: 'waiting', for: 'Organisation/5' });
  const failure = { errorClass: 'transient', message: 'down', attempts: 5, workflowId: 'w', code: 'http-503' } as const;
  await writeFailure(database.orm, 'TAGSERVER', 'Person', { key, ...failure });
  await pass(key, { kind: 'removed', forget: false });
  expect(await happened(key)).toEqual([
    'TAGSERVER created',
    'MAUTIC created',
    'TAGSERVER updated',
    'TAGSERVER parked',
    'TAGSERVER waiting',
    'TAGSERVER failing',
    'TAGSERVER removed',
  ]);
  const timeline = await readTimeline(database.orm, { type: 'Person', key });
  const find = (word: string) => timeline.find((one) => one.happened === word);
  expect(find('updated')).toMatchObject({ hash: 'v1:two', workflowId: `TAGSERVER/Person/${key}`, code: null });
  expect(find('parked')).toMatchObject({ code: 'TAGSERVER-409-DUPLICATE-BIB' });
  expect(find('waiting')).toMatchObject({ about: 'Organisation/5' });
  expect(find('failing')).toMatchObject({ code: 'TAGSERVER-503' });
  expect(timeline[0]?.on).toMatch(/^20\d\d-.*Z$/);
});

test('a repeated failure, an unchanged row and a moved time add no line; a resend does', async () => {
  const key = await database.ems.person();
  await pass(key, sent(key, 'v1:one'));
  const failure = { errorClass: 'transient', message: 'down', attempts: 5, workflowId: 'w' } as const;
  await writeFailure(database.orm, 'TAGSERVER', 'Person', { key, ...failure });
  await writeFailure(database.orm, 'TAGSERVER', 'Person', { key, ...failure, attempts: 6, message: 'still down' });
  await pass(key, sent(key, 'v1:one'));
  const before = await happened(key);
  expect(before).toEqual(['TAGSERVER created', 'TAGSERVER failing', 'TAGSERVER updated']);
  attempts += 1n;
  const unchanged = { key, fencingToken: `${attempts}`, kind: 'unchanged', evaluated, workflowId: 'w' } as const;
  await writeDeliveries(database.orm, 'TAGSERVER', 'Person', [unchanged]);
  await database.client.query(`UPDATE sync_person SET content_hash = 'v2:rekeyed' WHERE entity_key = $1`, [key]);
  expect(await happened(key)).toEqual(before);
  await pass(key, sent(key, 'v2:rekeyed'));
  expect(await happened(key)).toEqual([...before, 'TAGSERVER updated']);
});

test('a page writes a line for each of its rows, in the transaction of its records', async () => {
  const keys = [await database.ems.person(), await database.ems.person(), await database.ems.person()];
  const page = keys.map((key) => ({ key, fencingToken: '1', evaluated, workflowId: 'w', ...PARKED }) as const);
  await writeDeliveries(database.orm, 'MAUTIC', 'Person', page as never);
  const { rows } = await database.client.query(
    `SELECT count(*)::integer AS lines, count(DISTINCT xmin::text)::integer AS transactions FROM sync_journal
     WHERE entity_key = ANY ($1) AND sync_process = 'MAUTIC'`,
    [keys],
  );
  expect(rows[0]).toEqual({ lines: 3, transactions: 1 });
});

test('of a person who is erased no hash stays, and a deleted record leaves its line', async () => {
  const erased = await database.ems.person();
  await pass(erased, sent(erased, 'v1:one'));
  await pass(erased, { kind: 'erased', outcome: 'erased' });
  const hashes = (await readTimeline(database.orm, { type: 'Person', key: erased })).map(({ hash }) => hash);
  expect(await happened(erased)).toEqual(['TAGSERVER created', 'TAGSERVER erased']);
  expect(hashes).toEqual([null, null]);

  const deleted = await database.ems.person();
  await pass(deleted, sent(deleted, 'v1:one'));
  await database.ems.delete('person', deleted);
  await pass(deleted, { kind: 'removed', forget: true });
  expect(await happened(deleted)).toEqual(['TAGSERVER created', 'TAGSERVER removed']);
});

test('values that lost a conflict stand in it by the names of their fields', async () => {
  const key = await database.ems.person();
  await database.client.query(
    `INSERT INTO sync_conflict (sync_process, entity_type, entity_key, fields, encrypted_values)
     VALUES ('CHATWOOT', 'Person', $1, '{name,email}', '\\x00')`,
    [key],
  );
  const [line] = await readTimeline(database.orm, { type: 'Person', key });
  expect(line).toMatchObject({ process: 'CHATWOOT', happened: 'conflict', hash: null });
  expect(line?.about).toMatch(/^conflict \d+: name, email$/);
});
