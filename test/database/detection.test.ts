import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { dueRows, goneRows, type Detection, type DueReason } from '../../database/detection/due-query.ts';
import { findDuePage } from '../../database/detection/find-page.ts';
import { PROGRAM_VERSION } from '../../database/program-version.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterAll(async () => {
  await database?.close();
});

const detection: Detection = {
  process: 'TAGSERVER',
  mappingVersion: '2',
  settleMs: 1_000,
  mapping: {
    type: 'Person',
    filter: "e.last_name <> 'Hidden'",
    sources: { club: { type: 'Organisation', where: 's.id = e.organisation_id' } },
    referencedTypes: ['Organisation'],
  },
};

async function reasonOf(key: string): Promise<DueReason | null> {
  const kysely = database.orm.em.fork().getKysely();
  const due = await sql<{ key: string; reason: DueReason }>`SELECT key, reason FROM (${dueRows(detection)}) d`.execute(
    kysely,
  );
  const gone = await sql<{
    key: string;
    reason: DueReason;
  }>`SELECT key, reason FROM (${goneRows(detection)}) g`.execute(kysely);
  return [...due.rows, ...gone.rows].find((row) => row.key === key)?.reason ?? null;
}

const TIME = '2026-05-01T10:00:00.123456Z';

/** A person whose record is in sync, except for what a test changes. */
async function pair(person: Record<string, unknown> = {}, record: Record<string, unknown> = {}): Promise<string> {
  const organisationId = await database.ems.organisation({ modified_on: TIME });
  const id = await database.ems.person({ modified_on: TIME, organisation_id: organisationId, ...person });
  const values = {
    sync_process: 'TAGSERVER',
    entity_id: id,
    entity_key: id,
    state: 'IN_SYNC',
    entity_synced_on: TIME,
    mapping_version: '2',
    sources_version: `1:${Temporal.Instant.from(TIME).epochNanoseconds / 1_000n}`,
    remote_id: id,
    ...record,
  };
  await database.client.query(
    `INSERT INTO sync_person (${Object.keys(values).join(', ')}) VALUES (${Object.keys(values)
      .map((_, i) => `$${i + 1}`)
      .join(', ')})`,
    Object.values(values),
  );
  return id;
}

/** The record of an answer that could not be parsed. */
const UNREAD = {
  state: 'PARKED',
  entity_synced_on: null,
  evaluated_on: TIME,
  last_error_class: 'contract',
  updated_on: '9999-01-01T00:00:00Z',
};

describe('detection', () => {
  test('a record that equals its row is not due', async () => {
    expect(await reasonOf(await pair())).toBeNull();
  });

  test.each([
    ['a time that differs', { entity_synced_on: '2026-05-01T10:00:00.123457Z' }, 'changed'],
    ['no time: an intent whose child was terminated', { entity_synced_on: null }, 'changed'],
    ['an unconfirmed attempt', { state: 'PENDING' }, 'unconfirmed'],
    ['a create that was begun', { state: 'CREATING' }, 'unconfirmed'],
    ['a pair that keeps failing', { state: 'FAILING' }, 'unconfirmed'],
    ['an older mapping', { mapping_version: '1' }, 'mapping'],
    ['a row it reads that changed', { sources_version: '1:1' }, 'sources'],
    ['a row it reads that is gone', { sources_version: '2:3555259200246912' }, 'sources'],
    ['a record linked to no row', { entity_id: null }, 'restored'],
    ['a removed one that passes the filter again', { state: 'REMOVED', remote_id: null }, 'filter'],
    [
      'parked because of an answer, an hour ago',
      { ...UNREAD, updated_on: '2026-04-01T10:00:00Z', program_version: PROGRAM_VERSION },
      'unread-answer',
    ],
    ['parked because of an answer, by another version', { ...UNREAD, program_version: '0.0.1' }, 'unread-answer'],
    ['parked at another time', { state: 'PARKED', evaluated_on: '2026-04-01T10:00:00Z' }, 'changed'],
  ])('%s: due', async (_, record, reason) => {
    expect(await reasonOf(await pair({}, record))).toBe(reason);
  });

  test.each([
    ['parked at this time', { state: 'PARKED', entity_synced_on: null, evaluated_on: TIME }],
    ['parked because of an answer, just now', { ...UNREAD, program_version: PROGRAM_VERSION }],
    ['parked because of an answer that a poll has read', { ...UNREAD, updated_on: '2026-04-01T10:00:00Z' }],
    ['unlinked by an operator', { state: 'UNLINKED', entity_synced_on: null }],
    ['waiting for what has not arrived', { state: 'WAITING', evaluated_on: TIME, waiting_for: 'Organisation/999999' }],
  ])('%s: not due', async (_, record) => {
    expect(await reasonOf(await pair({}, record))).toBeNull();
  });

  test('what is waited for has arrived: due', async () => {
    const organisationId = await database.ems.organisation();
    const id = await pair({}, { state: 'WAITING', evaluated_on: TIME, waiting_for: `Organisation/${organisationId}` });
    expect(await reasonOf(id)).toBeNull();
    await database.client.query(
      `INSERT INTO sync_organisation (sync_process, entity_id, entity_key, state, remote_id)
       VALUES ('TAGSERVER', $1::bigint, $1::bigint, 'IN_SYNC', $1::bigint::text)`,
      [organisationId],
    );
    expect(await reasonOf(id)).toBe('awaited');
  });

  test('waiting for one of its own kind, which held what it needs: due when that one was written since, or is gone', async () => {
    const holder = await pair({}, { updated_on: '2026-05-01T10:00:00Z' });
    const id = await pair(
      {},
      { state: 'WAITING', evaluated_on: TIME, waiting_for: `Person/${holder}`, updated_on: '2026-05-01T10:00:01Z' },
    );
    expect(await reasonOf(id)).toBeNull();
    await database.client.query(`UPDATE sync_person SET updated_on = '2026-05-01T10:00:02Z' WHERE entity_key = $1`, [
      holder,
    ]);
    expect(await reasonOf(id)).toBe('awaited');
    await database.client.query('DELETE FROM sync_person WHERE entity_key = $1', [holder]);
    expect(await reasonOf(id)).toBe('awaited');
  });

  test('another process with its own record does not matter', async () => {
    const id = await pair();
    await database.client.query(`UPDATE sync_person SET sync_process = 'MAUTIC' WHERE entity_key = $1`, [id]);
    expect(await reasonOf(id)).toBe('new');
  });

  test.each([
    ['deleted in EMS', { state: 'IN_SYNC' }, 'deleted'],
    ['deleted in EMS while removed', { state: 'REMOVED', remote_id: null }, 'deleted'],
    ['deleted in EMS while unlinked', { state: 'UNLINKED' }, 'deleted'],
    // The id is kept, so that what the target keeps never comes back as a new row.
    ['deleted in EMS, kept by the target: not', { state: 'REMOVED' }, null],
  ])('%s: gone', async (_, record, reason) => {
    const id = await pair({}, record);
    await database.ems.delete('person', id);
    expect(await reasonOf(id)).toBe(reason);
  });

  test('filtered out: gone, once; a filter that is null for a row counts as not passed', async () => {
    for (const last_name of ['Hidden', null]) {
      const id = await pair({ last_name });
      expect(await reasonOf(id)).toBe('filtered-out');
      await database.client.query(`UPDATE sync_person SET state = 'REMOVED' WHERE entity_key = $1`, [id]);
      expect(await reasonOf(id)).toBeNull();
    }
  });

  test('pages go by key: nothing is seen twice or skipped while rows come and go', async () => {
    const em = database.orm.em.fork();
    const before = (await findDuePage(em, detection, { after: null, limit: 10_000 })).at(-1) ?? null;
    await database.client.query(
      `INSERT INTO person (modified_on, last_name) SELECT '2026-05-01', 'Row ' || n FROM generate_series(1, 25) n`,
    );
    const seen: string[] = [];
    let after = before;
    for (;;) {
      const page = await findDuePage(em, detection, { after, limit: 10 });
      if (seen.length === 10) {
        await database.client.query('DELETE FROM person WHERE id = $1', [seen[0]]);
        await database.client.query(`INSERT INTO person (modified_on, last_name) VALUES ('2026-04-01', 'Late')`);
      }
      seen.push(...page);
      if (page.length < 10) break;
      after = page.at(-1) ?? null;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(26);
  });
});

const consenting = (consentScope: 'target' | 'organisation'): Detection => ({
  ...detection,
  process: 'MAILCHIMP',
  consentScope,
  mapping: { ...detection.mapping, consent: { channels: ['email'] } },
});

async function due(key: string, scope: 'target' | 'organisation' = 'target'): Promise<boolean> {
  const rows = await findDuePage(database.orm.em.fork(), consenting(scope), { after: null, limit: 10_000 });
  return rows.includes(key);
}

async function refuse(values: { address: string; key?: string; reason?: string; presumed?: boolean; at?: string }) {
  const { address, key = null, reason = 'bounced', presumed = false, at = 'MAUTIC' } = values;
  await database.client.query(
    `INSERT INTO sync_suppression (sync_process, address_hash, entity_key, reason, presumed, since)
     VALUES ($1, $2, $3, $4, $5, '2026-05-01T10:00:00Z')`,
    [at, address, key, reason, presumed],
  );
}

describe('a refusal at another target', () => {
  test.each([
    ['bounced', 'target', true],
    ['complained', 'target', true],
    ['forgotten', 'target', true],
    ['erased', 'target', true],
    ['unsubscribed', 'target', false],
    ['compliance', 'target', false],
    ['unsubscribed', 'organisation', true],
    ['compliance', 'organisation', true],
    ['manual', 'organisation', false],
    ['archived', 'organisation', false],
  ] as const)('that says %s, under the scope %s, makes the person due: %s', async (reason, scope, isDue) => {
    const key = await pair({}, { sync_process: 'MAILCHIMP' });
    expect(await due(key, scope)).toBe(false);
    await refuse({ address: `k:${key}`, key, reason });
    expect(await due(key, scope)).toBe(isDue);
    await database.client.query('DELETE FROM sync_suppression WHERE address_hash = $1', [`k:${key}`]);
    expect(await due(key, scope)).toBe(false);
  });

  test('of whoever has the address makes due whom the target knows by it', async () => {
    const key = await pair({}, { sync_process: 'MAILCHIMP', base: { 'address:email': 'k:of-another' } });
    await refuse({ address: 'k:of-another' });
    expect(await due(key)).toBe(true);
  });

  test('that is only presumed, or that is the target’s own, makes nobody due', async () => {
    const key = await pair({}, { sync_process: 'MAILCHIMP' });
    await refuse({ address: `k:presumed ${key}`, key, presumed: true });
    await refuse({ address: `k:own ${key}`, key, at: 'MAILCHIMP' });
    expect(await due(key)).toBe(false);
  });
});
