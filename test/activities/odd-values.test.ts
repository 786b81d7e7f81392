import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import fc from '../seeded-fast-check.ts';
import { deliver } from '../../activities/deliver.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { createSyncActivities, type SyncActivities } from '../../activities/index.ts';
import { record } from '../../activities/record.ts';
import { AdvisoryLocks } from '../../database/advisory-locks.ts';
import { entityTable } from '../../database/table-names.ts';
import { readStatus } from '../../clients/status.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import { TARGETS } from '../../targets/index.ts';
import type { RemoteSystem, SendRequest, SendResult } from '../../targets/remote-system.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';

/** By column type: values that PostgreSQL accepts and that a form, an import or a typing mistake can leave behind. */
const ODD: Readonly<Record<string, readonly (string | number | boolean | null)[]>> = {
  text: [
    null,
    '',
    ' ',
    'x'.repeat(1_000_000),
    '\u0001',
    'a\tb\nc',
    '\u0301',
    '\u202e',
    '0',
    "O'Brien; --",
    '😀',
    '<b>',
  ],
  'timestamp with time zone': [
    null,
    'infinity',
    '-infinity',
    '0001-01-01 00:00:00+00',
    '4713-11-24 00:00:00+00 BC',
    '0044-03-15 12:00:00+00 BC',
    '9999-12-31 23:59:59.999999+00',
    '20267-05-15 10:00:00+00',
    '290000-01-01 00:00:00+00',
    '294276-12-31 23:59:59.999999+00',
  ],
  date: [null, 'infinity', '-infinity', '0001-01-01', '4713-11-24 BC', '9999-12-31', '20267-05-15', '5874897-12-31'],
  integer: [null, 0, -1, 2_147_483_647, -2_147_483_648],
  boolean: [null, true, false],
};

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly nullable: boolean;
}

/** For every type, a row that stays unchanged and one that gets odd values. */
const TABLES = [
  'organisation',
  'event',
  'race',
  'start_group',
  'person',
  'contact_preference',
  'event_participant',
  'start_group_participant',
  'tag',
  'conversation',
  'conversation_message',
] as const;

type Rows = Readonly<Record<(typeof TABLES)[number], string>>;

let database: MigratedDatabase;
let locks: AdvisoryLocks;
let dependencies: Dependencies;
let activities: SyncActivities;
let columns: readonly Column[];
let odd: Rows;
let due: ReadonlyMap<string, readonly string[]>;

/** Confirms everything. */
const remote = {
  send: async ({ key, content }: SendRequest): Promise<SendResult> => ({
    kind: 'sent',
    remoteId: `r${key}`,
    remoteModifiedOn: null,
    stored: content,
  }),
  remove: async () => undefined,
  probe: async () => undefined,
} as Partial<RemoteSystem> as RemoteSystem;

beforeAll(async () => {
  database = await migratedDatabase();
  locks = new AdvisoryLocks(database.url);
  dependencies = dependenciesWith({
    orm: database.orm,
    processes: new Map(TARGETS.map(({ process }) => [process.name, { process, remote }])),
    locks,
  });
  activities = createSyncActivities(dependencies);
  await dropIndexes();
  await federation('ana@clube.example', '0001');
  due = await keysDue();
  odd = await federation('rui@clube.example', '0002');
  const { rows } = await database.client.query<Column>(
    `SELECT table_name AS table, column_name AS column, data_type AS type, is_nullable = 'YES' AS nullable
     FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = ANY ($1) AND data_type = ANY ($2)`,
    [TABLES, Object.keys(ODD)],
  );
  columns = rows;
});

afterAll(async () => {
  await locks?.close();
  await database?.close();
});

/** An index rejects a text of a megabyte, and EMS need not have our indexes. */
async function dropIndexes(): Promise<void> {
  const { rows } = await database.client.query<{ statement: string }>(
    `SELECT coalesce('ALTER TABLE ' || c.conrelid::regclass || ' DROP CONSTRAINT ' || quote_ident(c.conname),
       'DROP INDEX ' || i.indexrelid::regclass) AS statement
     FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype = 'u'
     WHERE i.indrelid = ANY ($1::text[]::regclass[]) AND NOT i.indisprimary`,
    [TABLES],
  );
  for (const { statement } of rows) await database.client.query(statement);
}

async function federation(email: string, code: string): Promise<Rows> {
  const { ems } = database;
  const organisation = await ems.organisation();
  const event = await ems.event({ organisation_id: organisation });
  await database.client.query(
    `INSERT INTO sync_event (sync_process, entity_id, entity_key, remote_id, state)
     VALUES ('RUNSIGNUP', $1, $1, $2, 'PENDING')`,
    [event, `${code}@9`],
  );
  const race = await ems.insert('race', { event_id: event, name: '10K', discipline: 'RUN', distance_m: 10_000 });
  const group = await ems.insert('start_group', { race_id: race, name: 'Wave A', sequence: 1 });
  const person = await ems.insert('person', { first_name: 'Ana', last_name: 'Silva', gender: 'F', email });
  const preference = await ems.insert('contact_preference', {
    person_id: person,
    channel: 'EMAIL',
    topic: 'NEWSLETTER',
    opted_in: true,
  });
  const entry = { event_id: event, race_id: race, person_id: person, status: 'REGISTERED', bib: code };
  const participant = await ems.insert('event_participant', entry);
  const tag = { code: `E2801160600002084D2A${code}`, event_participant_id: participant, kind: 'BIB' };
  const conversation = await ems.insert('conversation', {
    person_id: person,
    channel: 'CHAT',
    subject: 'Bib',
    status: 'OPEN',
  });
  return {
    organisation,
    event,
    race,
    start_group: group,
    person,
    contact_preference: preference,
    event_participant: participant,
    start_group_participant: await ems.insert('start_group_participant', {
      start_group_id: group,
      event_participant_id: participant,
    }),
    tag: await ems.insert('tag', tag),
    conversation,
    conversation_message: await ems.insert('conversation_message', {
      conversation_id: conversation,
      author: 'AGENT',
      body: 'Come to the desk.',
      sent_on: '2027-05-01T10:00:00Z',
    }),
  };
}

/** Runs with the context of a worker's activity, which sends heartbeats. */
const asActivity = <T>(run: () => Promise<T>): Promise<T> => new MockActivityEnvironment().run(run);

/** The keys for which sweeps of every process would start a child workflow, and those they would remove. */
async function keysDue(): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  for (const { process } of TARGETS) {
    for (const { type, childOf } of process.mappings) {
      const page = { process: process.name, type, after: null, limit: 200 };
      const via = childOf === null ? page : { ...page, type: childOf.type, via: type };
      const { keys } = await asActivity(() => activities.findDue(via));
      await asActivity(() => activities.findGone(page));
      found.set(`${process.name}/${type}`, keys);
    }
  }
  return found;
}

async function write(values: readonly (readonly [Column, string | number | boolean | null])[]): Promise<void> {
  for (const [{ table, column, nullable }, value] of values) {
    if (value === null && !nullable) continue;
    const key = odd[table as keyof Rows];
    await database.client.query(`UPDATE ${table} SET ${column} = $1 WHERE id = $2`, [value, key]);
  }
}

/** The other rows of each page are found as if the odd one did not exist, and every count can be computed. */
async function expectNeighboursUnharmed(): Promise<void> {
  const now = await keysDue();
  for (const [step, keys] of due)
    expect([step, keys.filter((key) => !now.get(step)?.includes(key))]).toEqual([step, []]);
  const status = await readStatus(
    database.orm,
    TARGETS.map(({ process }) => process),
    { SETTLE_MS: 0, CONSENT_SCOPE: 'target' },
  );
  expect(Object.keys(status.processes)).toHaveLength(TARGETS.length);
}

/** Ways in which a delivery ends without another attempt. */
const ENDS = /^(created|updated|unchanged|parked|waiting|shared|suppressed|removed|nothing|with-parent)$/;

/** The odd row itself is sent, parked with the column's name or waits for another row, and the result can be recorded. */
async function expectOddRowsToEnd(): Promise<void> {
  for (const { process } of TARGETS) {
    for (const { type } of process.mappings) {
      const key = odd[entityTable(type) as keyof Rows];
      const delivery = await deliver(dependencies, { process: process.name, type, key, attempt: 1, resend: false });
      expect([process.name, type, delivery.kind]).toEqual([process.name, type, expect.stringMatching(ENDS)]);
      await record(dependencies, { process: process.name, type, delivery });
    }
  }
}

test('every type of every target has a row that is due in this test', () => {
  const types = new Set(
    [...due].filter(([, keys]) => keys.length > 0).map(([step]) => step.split('/')[1] as EntityType),
  );
  expect([...types].toSorted()).toEqual([
    'ContactPreference',
    'Conversation',
    'Event',
    'EventParticipant',
    'Organisation',
    'Person',
    'Race',
    'StartGroup',
    'StartGroupParticipant',
    'Tag',
  ]);
});

test.each(Array.from({ length: 12 }, (_, round) => round))(
  'whatever PostgreSQL can hold in any column of a row stops no other row (value %d of each type)',
  async (round) => {
    await write(columns.map((column) => [column, valueOf(column, round)] as const));
    await expectNeighboursUnharmed();
    await expectOddRowsToEnd();
  },
);

test('nor does any mixture of such values', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(1_000), { minLength: columns.length, maxLength: columns.length }),
      async (picks) => {
        await write(columns.map((column, index) => [column, valueOf(column, picks[index] ?? 0)] as const));
        await expectNeighboursUnharmed();
      },
    ),
    { numRuns: 15, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
  );
});

function valueOf({ type }: Column, index: number): string | number | boolean | null {
  const values = ODD[type] ?? [];
  return values[index % values.length] ?? null;
}
