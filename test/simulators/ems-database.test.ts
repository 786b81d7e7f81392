import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { QueryResultRow } from 'pg';

import {
  applyOneChange,
  changeKinds,
  createRng,
  generateFederation,
  isEmptyEms,
  keepChanging,
  loadFederation,
  tableOrder,
} from '../../simulators/ems/index.ts';
import type { Change, ChangeKind, TableName } from '../../simulators/ems/index.ts';
import { createEmsTables } from './ems-tables.ts';
import { freshDatabase } from './fresh-database.ts';
import type { FreshDatabase } from './fresh-database.ts';
import { comparable, readRows, snapshot, until } from './seen-rows.ts';

const now = '2026-11-23T12:00:00Z';
const federation = generateFederation({ seed: 1, size: 60, now });

let database: FreshDatabase;
let client: Client;

beforeAll(async () => {
  database = await freshDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  for (const statement of createEmsTables) await client.query(statement);
});

afterAll(async () => {
  await client.end();
  await database.drop();
});

async function emptyTables(): Promise<void> {
  await client.query(`TRUNCATE ${tableOrder.join(', ')} RESTART IDENTITY`);
}

const rowsOf = <T extends QueryResultRow>(sql: string, values?: unknown[]): Promise<T[]> =>
  readRows(client, sql, values);

async function changedBy(work: () => Promise<Change>): Promise<{ change: Change; differing: string[] }> {
  const before = await snapshot(client);
  const change = await work();
  const after = await snapshot(client);
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const differing = keys.filter((key) => JSON.stringify(before.get(key)) !== JSON.stringify(after.get(key)));
  return { change, differing };
}

describe('loading', () => {
  beforeEach(emptyTables);

  test('stores every row, times to the microsecond, text to the letter', async () => {
    await loadFederation(database.url, federation);
    for (const table of tableOrder) {
      const stored = await rowsOf<{ row: Record<string, unknown> }>(
        `SELECT to_jsonb(t) AS row FROM ${table} t ORDER BY id`,
      );
      const wanted = federation.tables[table];
      expect(stored).toHaveLength(wanted.length);
      expect(stored.map(({ row }) => comparable(row))).toEqual(wanted.map(comparable));
    }
  });

  test('leaves the sequences above the ids', async () => {
    await loadFederation(client, federation);
    for (const table of tableOrder) {
      const [next] = await rowsOf<{ id: string }>(`SELECT nextval(pg_get_serial_sequence($1, 'id')) AS id`, [table]);
      expect(Number(next?.id)).toBeGreaterThan(federation.tables[table].length);
    }
  });

  test('refuses tables that hold rows, and leaves them as they are', async () => {
    await loadFederation(client, federation);
    await expect(loadFederation(client, federation)).rejects.toMatchObject({ code: 'NOT_EMPTY' });
    expect(await isEmptyEms(client)).toBe(false);
    expect(await rowsOf('SELECT id FROM person')).toHaveLength(federation.tables.person.length);
  });

  test('takes 10,000 participants', async () => {
    const large = generateFederation({ seed: 3, size: 10_000, now });
    await loadFederation(client, large);
    const [count] = await rowsOf<{ count: string }>('SELECT count(*) FROM tag');
    expect(Number(count?.count)).toBe(large.tables.tag.length);
  });
});

describe('one change', () => {
  beforeEach(async () => {
    await emptyTables();
    await loadFederation(client, federation);
    // The event that `reopen-event` reopens.
    await client.query(`UPDATE event SET status = 'CANCELLED', modified_on = clock_timestamp() WHERE id = 5`);
  });

  test.each(changeKinds)('%s writes the rows that it names, and no others, stamped now', async (kind) => {
    const [moment] = await rowsOf<{ now: string }>('SELECT clock_timestamp()::text AS now');
    const { change, differing } = await changedBy(() => applyOneChange(client, kind, createRng(11), { lateMs: 1 }));
    expect(change).toMatchObject({ kind, outcome: 'done' });
    expect(differing.toSorted()).toEqual([...new Set(change.rows.map(({ table, id }) => `${table}/${id}`))].toSorted());
    for (const { table, id } of change.rows) {
      const stale = await rowsOf(`SELECT id FROM ${table} WHERE id = $1 AND modified_on < $2::timestamptz`, [
        id,
        moment?.now,
      ]);
      expect(stale).toEqual([]);
    }
  });

  test.each(changeKinds)('%s makes the same choice again for the same seed', async (kind) => {
    const first = await applyOneChange(client, kind, createRng(23), { lateMs: 1 });
    await emptyTables();
    await loadFederation(client, federation);
    await client.query(`UPDATE event SET status = 'CANCELLED', modified_on = clock_timestamp() WHERE id = 5`);
    expect(await applyOneChange(client, kind, createRng(23), { lateMs: 1 })).toEqual(first);
  });

  test.each(changeKinds)('%s finds nothing to change in empty tables', async (kind) => {
    await emptyTables();
    const change = await applyOneChange(client, kind, createRng(1), { lateMs: 1 });
    expect(change).toEqual({ kind, outcome: 'nothing-to-change', rows: [] });
  });

  const exchanges: readonly [ChangeKind, TableName, string][] = [
    ['swap-bibs', 'event_participant', 'bib'],
    ['swap-tag-codes', 'tag', 'code'],
    ['swap-tag-owners', 'tag', 'event_participant_id'],
  ];
  test.each(exchanges)('%s exchanges %s.%s', async (kind, table, column) => {
    const before = await snapshot(client);
    const { rows } = await applyOneChange(client, kind, createRng(5));
    const after = await snapshot(client);
    const [one, other] = rows.map(({ id }) => `${table}/${id}`);
    expect(rows).toHaveLength(2);
    expect(after.get(one ?? '')?.[column]).toEqual(before.get(other ?? '')?.[column]);
    expect(after.get(other ?? '')?.[column]).toEqual(before.get(one ?? '')?.[column]);
    expect(after.get(one ?? '')?.[column]).not.toEqual(after.get(other ?? '')?.[column]);
  });

  test('an event other than the main one is cancelled, and that one is opened again', async () => {
    const cancelled = await applyOneChange(client, 'cancel-event', createRng(1));
    expect(cancelled.rows[0]?.id).not.toBe(federation.mainEventId);
    const reopened = await applyOneChange(client, 'reopen-event', createRng(1));
    expect(reopened.rows).toEqual(cancelled.rows);
    const [event] = await rowsOf<{ status: string }>('SELECT status FROM event WHERE id = $1', [cancelled.rows[0]?.id]);
    expect(event?.status).toBe('OPEN');
  });

  test('touched rows change in nothing but one common time', async () => {
    const before = await snapshot(client);
    const { rows } = await applyOneChange(client, 'touch', createRng(8));
    const after = await snapshot(client);
    const touched = rows.map(({ table, id }) => `${table}/${id}`);
    expect(new Set(touched.map((key) => after.get(key)?.['modified_on'])).size).toBe(1);
    for (const key of touched) {
      expect({ ...after.get(key), modified_on: null }).toEqual({ ...before.get(key), modified_on: null });
    }
  });

  test('rows in the hands of another transaction are left alone', async () => {
    const other = new Client({ connectionString: database.url });
    await other.connect();
    await other.query('BEGIN');
    await other.query('SELECT id FROM person FOR UPDATE');
    const change = await applyOneChange(client, 'rename-person', createRng(2));
    expect(change.outcome).toBe('nothing-to-change');
    await other.query('ROLLBACK');
    await other.end();
  });

  test('a late commit becomes visible after a later change, with an earlier time', async () => {
    const other = new Client({ connectionString: database.url });
    await other.connect();
    const stop = new AbortController();
    const late = applyOneChange(other, 'commit-late', createRng(3), { lateMs: 60_000, signal: stop.signal });
    const open = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'
      AND query LIKE 'UPDATE person%'`;
    await until(async () => (await rowsOf(open)).length > 0);
    const sooner = await applyOneChange(client, 'rename-race', createRng(1));
    stop.abort();
    const [person] = (await late).rows;
    await other.end();
    const [order] = await rowsOf<{ earlier: boolean }>(
      `SELECT p.modified_on < r.modified_on AS earlier FROM person p, race r WHERE p.id = $1 AND r.id = $2`,
      [person?.id, sooner.rows[0]?.id],
    );
    expect(order?.earlier).toBe(true);
  });
});

describe('changing on and on', () => {
  test('keeps the rules of the tables, tells ids only, survives lost connections, and stops when told', async () => {
    await emptyTables();
    await loadFederation(client, federation);
    const stop = new AbortController();
    const changes: Change[] = [];
    const troubles: string[] = [];
    const running = keepChanging({
      databaseUrl: database.url,
      seed: 9,
      everyMs: 1,
      signal: stop.signal,
      onChange: (change) => changes.push(change),
      onTrouble: (code) => troubles.push(code),
    });
    await until(() => changes.length >= 150);
    await client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await until(() => troubles.length > 0);
    const soFar = changes.length;
    await until(() => changes.length >= soFar + 150);
    stop.abort();
    await running;

    const kinds = new Set(changes.filter(({ outcome }) => outcome === 'done').map(({ kind }) => kind));
    expect(kinds.size).toBeGreaterThan(14);
    for (const change of changes) expect(Object.keys(change).toSorted()).toEqual(['kind', 'outcome', 'rows']);
    for (const { table, id } of changes.flatMap(({ rows }) => rows)) {
      expect(tableOrder).toContain(table);
      expect(Number.isSafeInteger(id)).toBe(true);
    }
    expect(troubles.filter((code) => !/^([0-9A-Z]{5}|E[A-Z]+|UNKNOWN)$/u.test(code))).toEqual([]);
    const [main] = await rowsOf<{ status: string }>('SELECT status FROM event WHERE id = $1', [federation.mainEventId]);
    expect(main?.status).toBe('OPEN');
    const nameless = await rowsOf(`SELECT p.id FROM person p JOIN event_participant ep ON ep.person_id = p.id
      WHERE coalesce(trim(p.first_name), '') = '' OR coalesce(trim(p.last_name), '') = ''`);
    expect(nameless).toEqual([]);
    const mixedUp = await rowsOf(`SELECT ep.id FROM event_participant ep JOIN race r ON r.id = ep.race_id
      WHERE r.event_id <> ep.event_id`);
    expect(mixedUp).toEqual([]);
    const codes = await rowsOf(
      `SELECT upper(code) FROM tag GROUP BY 1 HAVING count(*) > 1 OR upper(code) !~ '^[0-9A-F]{4,32}$'`,
    );
    expect(codes).toEqual([]);
  });
});

describe('the command', () => {
  const run = promisify(execFile);
  const ems = (...words: string[]) => run(process.execPath, ['simulators/ems/main.ts', ...words]);

  test('seed fills empty tables, and says so without a name', async () => {
    await emptyTables();
    const { stdout } = await ems('seed', '--database-url', database.url, '--seed', '2', '--size', '12', '--now', now);
    expect(JSON.parse(stdout)).toMatchObject({ seeded: true, size: 12, rows: { event: 11 } });
    const again = await ems('seed', '--database-url', database.url, '--if-empty');
    expect(JSON.parse(again.stdout)).toMatchObject({ seeded: false });
    await expect(ems('seed', '--database-url', database.url)).rejects.toMatchObject({ code: 1 });
  });

  test('wrong use ends with 2 and names the option', async () => {
    const wrong = ems('seed', '--database-url', database.url, '--size', '20000');
    await expect(wrong).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--size') });
  });

  test('change goes on until it is told to stop, and then ends with 0', async () => {
    const running = ems('change', '--database-url', database.url, '--every-ms', '5');
    const lines: string[] = [];
    await new Promise<void>((resolve) => {
      running.child.stdout?.on('data', (chunk: Buffer) => {
        lines.push(...chunk.toString('utf8').split('\n').filter(Boolean));
        if (lines.length > 10) resolve();
      });
    });
    running.child.kill('SIGTERM');
    await running;
    expect(running.child.exitCode).toBe(0);
    expect(JSON.parse(lines[0] ?? '')).toHaveProperty('outcome');
  });
});
