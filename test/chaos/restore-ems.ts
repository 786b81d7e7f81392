import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { escapeIdentifier } from 'pg';
import type { Difference } from '../../demo/difference.ts';
import { inSnapshot } from '../../demo/in-snapshot.ts';
import { runCli } from '../clients/run-cli.ts';
import { compareAndRepair } from './compare-and-repair.ts';
import { EMS_TABLES } from './ems-tables.ts';
import { executeAll } from './execute-all.ts';
import { readInAgain } from './read-in-again.ts';
import { addRefusals, dumpRefusals } from './refusal-list.ts';
import { recordTables } from './sync-tables.ts';
import { takeOutAtTagServer } from './take-out.ts';
import { takeOutMembers } from './take-out-members.ts';
import type { World } from './world.ts';

const run = promisify(execFile);

/** More than EMS gives out during a run. */
const IDS_SINCE_BACKUP = 1_000;

/** `cp -a` keeps the owner: PostgreSQL does not start on data of somebody else. */
async function copyData(world: World, from: string, to: string): Promise<void> {
  await run('rm', ['-rf', join(world.postgresFolder(), to)]);
  await run('cp', ['-a', join(world.postgresFolder(), from), join(world.postgresFolder(), to)]);
}

/** Copies PostgreSQL's data while it is stopped. */
export const backUpEms = (world: World): Promise<void> =>
  world.programs.postgres.whileStopped(() => copyData(world, 'data', 'backup'));

/** What only the targets know after the restore: docs/operating.md leaves it to a human to take it out. */
export interface LeftByRestore {
  readonly rows: number;
  /** @param table EMS's table of the type; undefined: the target's own. */
  isLeft(table: string | undefined, difference: Difference): boolean;
}

interface Restoring {
  readonly note: (line: string) => void;
  /** Waits until nothing is due. */
  readonly inStep: () => Promise<void>;
}

/**
 * Everything since the backup is lost, our records with it, but for the suppression list. Then the steps of
 * docs/operating.md, *Restore EMS's database*.
 */
export async function restoreEms(world: World, { note, inStep }: Restoring): Promise<LeftByRestore> {
  const { firstWorker, secondWorker, gateway, listener, postgres } = world.programs;
  const ours = [firstWorker, secondWorker, gateway, listener];
  const names = world.settings.enabled.map(({ target }) => target.process.name);
  const cli = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await runCli(args, world.environment);
    note(`ems-sync ${args.join(' ')} ended with ${code}: ${`${stdout}${stderr}`.trim().split('\n').join(' | ')}`);
  };
  for (const name of names) await cli('schedules', 'pause', name);
  for (const program of ours) await program.stop();
  const before = await known(world);
  const optIns = await readOptIns(world);
  const refusals = await dumpRefusals(world);
  await postgres.whileStopped(() => copyData(world, 'backup', 'data'));
  const after = await known(world);
  await cli('check');
  await executeAll(world, [
    addRefusals(refusals),
    ...EMS_TABLES.map(
      (table) => `SELECT setval(pg_get_serial_sequence('${table}', 'id'),
        greatest((SELECT max(id) FROM ${table}), ${before.highest.get(table) ?? 0}, 1) + ${IDS_SINCE_BACKUP})`,
    ),
    ...(await recordTables(world.databaseUrl)).map(
      (table) => `UPDATE ${escapeIdentifier(table)} SET state = 'PENDING' WHERE state = 'IN_SYNC'`,
    ),
    ...optIns.map(
      ({ address, at }) => `INSERT INTO chaos.opt_in SELECT '${address.replaceAll("'", "''")}', '${at}'::timestamptz`,
    ),
  ]);
  const rows = [...before.rows].filter((row) => !after.rows.has(row));
  const remotes = new Set([...before.remotes].filter((remote) => !after.remotes.has(remote)));
  await takeOutAtTagServer(world, new Set(rows));
  for (const program of ours) await program.start();
  for (const name of names) await cli('schedules', 'resume', name);
  const gone = new Set(rows);
  await inStep();
  for (const name of names) {
    const { differing, orphans } = await compareAndRepair(world, name);
    note(`compare ${name} --repair found ${differing}, of rows that EMS does not have ${orphans.join(' ')}`);
    if (name === 'TAGSERVER') await takeOutAtTagServer(world, new Set(orphans));
    if (name === 'MAILCHIMP') await takeOutMembers(world, new Set((await compareAndRepair(world, name)).extra));
  }
  note(`${await readInAgain(world, gone)} contacts and conversations that EMS has lost are read in again`);
  await inStep();
  return {
    rows: rows.length,
    isLeft: (table, { type, id, what, fields }) =>
      // Who was out of a segment when EMS was restored stays out of it: EMS may have lost an opt-out of that topic.
      (type === 'consent' && fields.join() === 'segments') ||
      (what === 'surplus' &&
        ((table !== undefined && gone.has(`${table}/${id}`)) || [...remotes].some((remote) => isNamed(id, remote)))),
  };
}

const isNamed = (id: string, remote: string) =>
  id === remote ||
  id === `contact ${remote}` ||
  id === `conversation ${remote}` ||
  id === (remote.split('/').at(-1) ?? '');

interface Known {
  readonly rows: ReadonlySet<string>;
  readonly highest: ReadonlyMap<string, string>;
  readonly remotes: ReadonlySet<string>;
}

async function known({ databaseUrl }: World): Promise<Known> {
  const tables = await recordTables(databaseUrl);
  return inSnapshot(databaseUrl, async (client) => {
    const rows = new Set<string>();
    const highest = new Map<string, string>();
    const remotes = new Set<string>();
    for (const table of EMS_TABLES) {
      const found = await client.query<{ id: string }>(`SELECT id::text FROM ${table} ORDER BY ${table}.id`);
      for (const { id } of found.rows) rows.add(`${table}/${id}`);
      highest.set(table, found.rows.at(-1)?.id ?? '0');
    }
    for (const table of tables) {
      const found = await client.query<{ id: string }>(
        `SELECT remote_id AS id FROM ${escapeIdentifier(table)} WHERE remote_id IS NOT NULL`,
      );
      for (const { id } of found.rows) remotes.add(id);
    }
    return { rows, highest, remotes };
  });
}

async function readOptIns({ databaseUrl }: World) {
  const { rows } = await inSnapshot(databaseUrl, (client) =>
    client.query<{ address: string; at: string }>('SELECT address, noted_on::text AS at FROM chaos.opt_in'),
  );
  return rows;
}
