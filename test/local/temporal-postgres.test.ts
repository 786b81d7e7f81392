import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client as Temporal, Connection } from '@temporalio/client';
import { Client as Database } from 'pg';
import { ensureSearchAttributes } from '../../clients/search-attributes.ts';
import { localFolder } from '../../local/folders.ts';
import { inspect } from '../../local/leftover.ts';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { DYNAMIC_CONFIG_FILE, startTemporalOnPostgres } from '../../local/temporal-postgres.ts';
import {
  findTemporalServer,
  TemporalServerNotFoundError,
  type TemporalServerPrograms,
} from '../../local/temporal-server-programs.ts';

/** Building the server takes minutes, once on a machine. */
const BUILDING_MS = 30 * 60_000;

const folder = join(localFolder, 'test', `temporal-postgres-${process.pid}`);
let programs: TemporalServerPrograms | TemporalServerNotFoundError;
let postgres: LocalPostgres;

beforeAll(async () => {
  programs = await findTemporalServer().catch((error: unknown) => {
    if (error instanceof TemporalServerNotFoundError) return error;
    throw error;
  });
  mkdirSync(folder, { recursive: true });
  postgres = await startPostgres({ folder: join(folder, 'postgres'), persistent: false });
}, BUILDING_MS);
afterAll(async () => {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Checks the error if the server cannot be obtained: it says why, and what to do. */
function expectAdvice(error: TemporalServerNotFoundError): void {
  expect(error.message).toMatch(/go install: .+/);
  expect(error.message).toContain('install Go (1.24 or newer)');
}

describe('Temporal on PostgreSQL', () => {
  test('keeps namespaces and workflows in PostgreSQL, over a restart, with our search attributes and its Web UI', async () => {
    if (programs instanceof TemporalServerNotFoundError) return expectAdvice(programs);
    const options = { programs, postgres, folder, namespaces: ['default', 'kept'] };

    const first = await startTemporalOnPostgres(options);
    const client = await connect(first.address);
    expect(await ensureSearchAttributes(client)).toContain('SyncProcess');
    await client.workflow.start('waits-for-a-worker', {
      taskQueue: 'none',
      workflowId: 'kept-over-a-restart',
      searchAttributes: { SyncProcess: ['TAGSERVER'] },
    });
    expect((await fetch(`${first.uiUrl}/namespaces/kept/workflows`)).status).toBe(200);
    const api = await fetch(`${first.uiUrl}/api/v1/namespaces`);
    expect(await api.text()).toContain('"kept"');
    await client.connection.close();
    await first.stop();
    expect(inspect(first.process.pid)).toBeUndefined();
    expect(inspect(first.uiProcess.pid)).toBeUndefined();
    expect(await executions(postgres)).toContain('kept-over-a-restart');

    const second = await startTemporalOnPostgres(options);
    const again = await connect(second.address);
    const found = await again.workflow.count('SyncProcess = "TAGSERVER" AND ExecutionStatus = "Running"');
    expect(found.count).toBe(1);
    await again.connection.close();
    await second.stop();
  });

  test('the dynamic configuration has only names and values that this server knows', () => {
    if (programs instanceof TemporalServerNotFoundError) return expectAdvice(programs);
    const said = execFileSync(programs.server, ['validate-dynamic-config', DYNAMIC_CONFIG_FILE], { encoding: 'utf8' });
    expect(said.trim()).toBe(DYNAMIC_CONFIG_FILE);
  });
});

async function connect(address: string): Promise<Temporal> {
  return new Temporal({ connection: await Connection.connect({ address }), namespace: 'kept' });
}

/** Ids of the workflows that Temporal's visibility database holds. */
async function executions(server: LocalPostgres): Promise<unknown[]> {
  const database = new Database(server.url('temporal_visibility'));
  await database.connect();
  try {
    const { rows } = await database.query<{ id: string }>('SELECT workflow_id AS id FROM executions_visibility');
    return rows.map(({ id }) => id);
  } finally {
    await database.end();
  }
}
