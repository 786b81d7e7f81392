import { inSnapshot } from '../../demo/in-snapshot.ts';

export interface RecordRow {
  readonly table: string;
  readonly process: string;
  /** The EMS row's id; of a remote record without a row, its remote id. */
  readonly key: string;
  readonly state: string;
  readonly why: string | null;
  readonly class: string | null;
  readonly code: string | null;
}

/** States that need no explanation once everything is quiet. */
const SETTLED = ['IN_SYNC', 'REMOVED', 'SHARED', 'SUPPRESSED', 'ERASED'];

/** The tables of records, by their shape, so that a new one is not forgotten. */
export async function recordTables(databaseUrl: string): Promise<readonly string[]> {
  const { rows } = await inSnapshot(databaseUrl, (client) =>
    client.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.columns
       WHERE table_schema = 'public' AND column_name = 'entity_synced_on' ORDER BY 1`,
    ),
  );
  return rows.map(({ name }) => name);
}

/** The target's ids of the persons that our records know there. */
export async function recordedPersons(databaseUrl: string, process: string): Promise<ReadonlySet<string>> {
  const { rows } = await inSnapshot(databaseUrl, (client) =>
    client.query<{ id: string }>(
      `SELECT remote_id AS id FROM sync_person WHERE sync_process = $1 AND remote_id IS NOT NULL`,
      [process],
    ),
  );
  return new Set(rows.map(({ id }) => id));
}

/** Every record that is not in a settled state. */
export async function readUnsettled(databaseUrl: string): Promise<readonly RecordRow[]> {
  const tables = await recordTables(databaseUrl);
  return inSnapshot(databaseUrl, async (client) => {
    const found: RecordRow[] = [];
    for (const name of tables) {
      const { rows } = await client.query<RecordRow>(
        `SELECT $2::text AS table, sync_process AS process, coalesce(entity_key::text, remote_id) AS key, state,
           last_error AS why, last_error_class AS class, last_error_code AS code
         FROM ${name} WHERE state <> ALL ($1) ORDER BY id`,
        [SETTLED, name],
      );
      found.push(...rows);
    }
    return found;
  });
}

export const describeRecord = ({ table, process, key, state, code, why }: RecordRow) =>
  `${process} ${table}/${key} is ${state} (${code}): ${why}`;

/** How many parked records have each code, and which these are. */
export function describeParked(records: readonly RecordRow[]): readonly string[] {
  const parked = Map.groupBy(
    records.filter(({ state }) => state === 'PARKED'),
    ({ code, process }) => code ?? `${process} without a code`,
  );
  return [...parked]
    .toSorted(([, some], [, others]) => others.length - some.length)
    .map(([code, rows]) => `${rows.length} ${code}: ${shortened(rows.map(({ table, key }) => `${table}/${key}`))}`);
}

const LISTED = 20;

export const shortened = (names: readonly string[]) =>
  names.length <= LISTED ? names.join(', ') : `${names.slice(0, LISTED).join(', ')} and ${names.length - LISTED} more`;
