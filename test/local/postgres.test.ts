import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { localFolder } from '../../local/folders.ts';
import { inspect } from '../../local/leftover.ts';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { startFixture, untilGone, watchersOf } from './processes.ts';

const base = join(localFolder, 'test', `postgres test ${process.pid}`);
let server: LocalPostgres | undefined;
afterEach(async () => {
  await server?.stop();
  if (server !== undefined) rmSync(server.folder, { recursive: true, force: true });
  server = undefined;
  rmSync(base, { recursive: true, force: true });
});

async function one(url: string, sql: string): Promise<Record<string, unknown>> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query(sql);
    return rows[0] as Record<string, unknown>;
  } finally {
    await client.end();
  }
}

describe('the local PostgreSQL', () => {
  test('is UTF-8 and UTC, copies databases, and leaves nothing behind', async () => {
    mkdirSync(base, { recursive: true });
    server = await startPostgres({ folder: join(base, 'gone afterwards'), persistent: false });
    await server.createDatabase('Model "A"');
    await one(server.url('Model "A"'), "CREATE TABLE t AS SELECT 'Ærøskøbing 馬拉松' AS name");
    await server.createDatabase('copy', 'Model "A"');
    expect(
      await one(
        server.url('copy'),
        "SELECT name, current_setting('TimeZone') AS zone, current_setting('server_encoding') AS encoding FROM t",
      ),
    ).toEqual({ name: 'Ærøskøbing 馬拉松', zone: 'UTC', encoding: 'UTF8' });
    await server.dropDatabase('copy');
    await expect(one(server.url('copy'), 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });

    const { pid } = server.process;
    await server.stop();
    expect(inspect(pid)).toBeUndefined();
    expect(existsSync(base) ? readdirSync(base) : []).toEqual([]);
  });

  test('refuses the folder of a run that is alive, and takes it over when that run was killed', async () => {
    const owner = await startFixture('postgres-owner.ts', [base]);
    await expect(startPostgres({ folder: base, persistent: true })).rejects.toThrow(
      new RegExp(`already running for this folder, started by process ${owner.pid}`),
    );

    for (const watcher of watchersOf(owner.pid)) process.kill(watcher, 'SIGKILL');
    process.kill(owner.pid, 'SIGKILL');
    await untilGone(owner.pid);
    expect(inspect(owner.told)).toBeDefined();

    server = await startPostgres({ folder: base, persistent: true });
    expect(inspect(owner.told)).toBeUndefined();
    expect(await one(server.adminUrl, 'SELECT note FROM kept')).toEqual({ note: 'committed before the kill' });
  });

  test('is ended by its watcher when its run was killed', async () => {
    const owner = await startFixture('postgres-owner.ts', [base]);
    process.kill(owner.pid, 'SIGKILL');
    await untilGone(owner.told);
    server = await startPostgres({ folder: base, persistent: true });
    expect(await one(server.adminUrl, 'SELECT note FROM kept')).toEqual({ note: 'committed before the kill' });
  });
});
