import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { beginAttempt } from '../../database/records/begin-attempt.ts';
import { touchTimes } from '../../database/records/touch-times.ts';
import { drawFencingToken, raiseFencingTokenAbove } from '../../database/records/fencing-token.ts';
import { writeDeliveries } from '../../database/records/write-deliveries.ts';
import { writeFailure } from '../../database/records/write-failure.ts';
import type { Delivery, Evaluated } from '../../sync/delivery.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;
let personId: string;

beforeAll(async () => {
  database = await migratedDatabase();
});

beforeEach(async () => {
  personId = await database.ems.person({ modified_on: '2026-05-01T10:00:00.123456Z' });
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

async function record() {
  const { rows } = await database.client.query(
    'SELECT *, entity_synced_on::text, evaluated_on::text FROM sync_person WHERE entity_key = $1',
    [personId],
  );
  return rows[0] ?? null;
}

const updated = (fencingToken: number, contentHash: string): Delivery => ({
  key: personId,
  fencingToken: String(fencingToken),
  kind: 'updated',
  evaluated,
  remoteId: personId,
  remoteModifiedOn: null,
  contentHash,
});

const write = (...deliveries: Delivery[]) =>
  writeDeliveries(
    database.orm,
    'TAGSERVER',
    'Person',
    deliveries.map((delivery) => ({ ...delivery, workflowId: `TAGSERVER/Person/${delivery.key}` })),
  );

describe('a late attempt', () => {
  test('cannot overwrite a newer one, and writing a result twice is harmless (architecture rule 14)', async () => {
    await write(updated(7, 'v1:newer'));
    await write(updated(6, 'v1:older'));
    expect(await record()).toMatchObject({ pass: '7', content_hash: 'v1:newer' });
    await write(updated(7, 'v1:newer'));
    expect(await record()).toMatchObject({ pass: '7', content_hash: 'v1:newer', state: 'IN_SYNC' });
  });

  test('may not send when a newer attempt has begun', async () => {
    const pair = { process: 'TAGSERVER', type: 'Person', key: personId } as const;
    const intent = { state: 'CREATING', workflowId: 'w' } as const;
    expect(await beginAttempt(database.orm, pair, { ...intent, fencingToken: 9n })).toBe(true);
    expect(await beginAttempt(database.orm, pair, { ...intent, fencingToken: 8n })).toBe(false);
    expect(await record()).toMatchObject({ pass: '9', state: 'CREATING', content_hash: null });
  });

  test('removes no record that a newer attempt has written, nor one whose row has come back', async () => {
    await write(updated(7, 'v1:newer'));
    await write({ key: personId, fencingToken: '6', kind: 'removed', forget: true });
    await write({ key: personId, fencingToken: '8', kind: 'removed', forget: true });
    expect(await record()).toMatchObject({ pass: '7', state: 'IN_SYNC' });
    await database.ems.delete('person', personId);
    await write({ key: personId, fencingToken: '8', kind: 'removed', forget: true });
    expect(await record()).toBeNull();
  });
});

describe('results', () => {
  test('a failure is noted in its own transaction, keeps what is known of the remote, and counts since when (pitfall 37)', async () => {
    await write(updated(3, 'v1:known'));
    const failure = { key: personId, errorClass: 'transient', workflowId: 'w' } as const;
    await writeFailure(database.orm, 'TAGSERVER', 'Person', { ...failure, message: 'first', attempts: 5 });
    const first = await record();
    await writeFailure(database.orm, 'TAGSERVER', 'Person', { ...failure, message: 'second', attempts: 6 });
    expect(await record()).toMatchObject({
      state: 'FAILING',
      content_hash: 'v1:known',
      remote_id: personId,
      last_error: 'second',
      attempts: 6,
      failing_since: first.failing_since,
    });
    // A new attempt does not hide the failure; a success does.
    const pair = { process: 'TAGSERVER', type: 'Person', key: personId } as const;
    await beginAttempt(database.orm, pair, { fencingToken: 10n, state: 'PENDING', workflowId: 'w' });
    expect(await record()).toMatchObject({ state: 'FAILING' });
    await write(updated(10, 'v1:new'));
    expect(await record()).toMatchObject({ state: 'IN_SYNC', attempts: 0, last_error: null, failing_since: null });
  });

  test('a failure and a parking have a stable code, which ends with them', async () => {
    const failure = { key: personId, errorClass: 'transient', workflowId: 'w', attempts: 5 } as const;
    await writeFailure(database.orm, 'TAGSERVER', 'Person', { ...failure, message: 'down', code: 'http-503' });
    expect(await record()).toMatchObject({ state: 'FAILING', last_error_code: 'TAGSERVER-503' });
    const parked = { key: personId, kind: 'parked', evaluated, errorClass: 'rejected', field: 'bib' } as const;
    await write({ ...parked, fencingToken: '4', reason: 'is 7’s', code: '409-duplicate-bib' });
    expect(await record()).toMatchObject({ state: 'PARKED', last_error_code: 'TAGSERVER-409-DUPLICATE-BIB' });
    await write({ ...parked, fencingToken: '5', reason: 'by an older worker' });
    expect(await record()).toMatchObject({ last_error_code: 'TAGSERVER-REJECTED' });
    await write(updated(6, 'v1:new'));
    expect(await record()).toMatchObject({ state: 'IN_SYNC', last_error_code: null });
  });

  test('parked and waiting note the time that was judged, and lose nothing of what was delivered', async () => {
    await write(updated(3, 'v1:known'));
    await write({ key: personId, fencingToken: '4', kind: 'waiting', evaluated, for: 'Organisation/5' });
    expect(await record()).toMatchObject({ state: 'WAITING', waiting_for: 'Organisation/5', content_hash: 'v1:known' });
    await write({
      key: personId,
      fencingToken: '5',
      kind: 'parked',
      evaluated,
      errorClass: 'rejected',
      field: 'last_name',
      reason: 'is empty',
    });
    expect(await record()).toMatchObject({
      state: 'PARKED',
      waiting_for: null,
      evaluated_on: '2026-05-01 10:00:00.123456+00',
      content_hash: 'v1:known',
      remote_id: personId,
      last_error: 'last_name: is empty',
    });
  });

  test('an unsettled row is noted a microsecond short, its sources as unknown', async () => {
    await write({ ...updated(3, 'v1:x'), evaluated: { ...evaluated, settled: false } } as Delivery);
    expect(await record()).toMatchObject({ entity_synced_on: '2026-05-01 10:00:00.123455+00', sources_version: null });
  });

  test('a page of results of every kind is as many single ones (pitfalls 26, 27)', async () => {
    const other = await database.ems.person();
    const third = await database.ems.person();
    await write(
      updated(3, 'v1:a'),
      { key: other, fencingToken: '3', kind: 'parked', evaluated, errorClass: 'rejected', field: null, reason: 'no' },
      { key: third, fencingToken: '3', kind: 'removed', forget: false },
    );
    const { rows } = await database.client.query(
      'SELECT entity_key, state FROM sync_person WHERE entity_key = ANY ($1) ORDER BY entity_key',
      [[personId, other, third]],
    );
    expect(rows.map(({ state }) => state)).toEqual(['IN_SYNC', 'PARKED', 'REMOVED']);
  });
});

const unchanged = (fencingToken: string) => ({
  key: personId,
  fencingToken,
  evaluated: { ...evaluated, modifiedOn: '2026-05-02T10:00:00.000001Z' },
});

describe('moving times in bulk', () => {
  test('moves what is as it was read, once', async () => {
    await write(updated(3, 'v1:a'));
    await database.ems.update('person', personId, { modified_on: '2026-05-02T10:00:00.000001Z' });
    expect(await touchTimes(database.orm, 'TAGSERVER', 'Person', [unchanged('3')])).toBe(1);
    expect(await touchTimes(database.orm, 'TAGSERVER', 'Person', [unchanged('3')])).toBe(0);
    expect(await record()).toMatchObject({ entity_synced_on: '2026-05-02 10:00:00.000001+00', pass: '3' });
  });

  test('leaves a record that another pass has written since, and a row that has changed since', async () => {
    await write(updated(4, 'v1:a'));
    await database.ems.update('person', personId, { modified_on: '2026-05-02T10:00:00.000001Z' });
    expect(await touchTimes(database.orm, 'TAGSERVER', 'Person', [unchanged('3')])).toBe(0);
    await database.ems.update('person', personId, { modified_on: '2026-05-03T10:00:00Z' });
    expect(await touchTimes(database.orm, 'TAGSERVER', 'Person', [unchanged('4')])).toBe(0);
  });
});

describe('pass numbers', () => {
  test('only grow, also when they are lifted above what a target holds', async () => {
    const first = await drawFencingToken(database.orm);
    await raiseFencingTokenAbove(database.orm, first + 1_000n);
    expect(await drawFencingToken(database.orm)).toBeGreaterThan(first + 1_000n);
    await raiseFencingTokenAbove(database.orm, 1n);
    expect(await drawFencingToken(database.orm)).toBeGreaterThan(first + 1_000n);
  });
});
