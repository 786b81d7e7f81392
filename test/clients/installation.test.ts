import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OwnInstallation } from '../../clients/own-installation.ts';
import { requestSync } from '../../clients/request-sync.ts';
import { ensureSearchAttributes } from '../../clients/search-attributes.ts';
import { readInstallation } from '../../database/installation.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';
import { runCli } from './run-cli.ts';
import { newNamespace, type TestNamespace } from './server-addresses.ts';

let temporal: TestNamespace;
let first: MigratedDatabase;
let second: MigratedDatabase;

beforeAll(async () => {
  [temporal, first, second] = await Promise.all([newNamespace(), migratedDatabase(), migratedDatabase()]);
  await ensureSearchAttributes(temporal.client);
});
afterAll(async () => {
  await Promise.all([first?.close(), second?.close(), temporal?.close()]);
});

const own = ({ orm }: MigratedDatabase) =>
  new OwnInstallation({
    connection: temporal.client.connection,
    namespace: temporal.namespace,
    database: async () => orm,
  });

const settings = ({ url }: MigratedDatabase) => ({
  DATABASE_URL: url,
  TEMPORAL_ADDRESS: temporal.address,
  TEMPORAL_NAMESPACE: temporal.namespace,
  TAGSERVER_URL: 'http://localhost:1',
  TAGSERVER_TOKEN: 't',
  GATEWAY_PORT: '0',
  SYNC_KEY: Buffer.alloc(32, 1).toString('base64'),
});

describe('two installations in one Temporal namespace', () => {
  test('have ids of their own', async () => {
    const ids = [await readInstallation(first.orm), await readInstallation(second.orm)].map(({ id }) => id);
    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f]{12}$/), expect.stringMatching(/^[0-9a-f]{12}$/)]);
    expect(new Set(ids).size).toBe(2);
  });

  test('the first one claims the namespace, and its requests wait on a queue that no other one serves', async () => {
    const { id } = await own(first).claim();
    expect(await own(first).claim()).toEqual(await own(first).get());
    await requestSync(own(first).client, { process: 'TAGSERVER', type: 'Person', key: '1' });
    const { taskQueue } = await temporal.client.workflow.getHandle('TAGSERVER/Person/1').describe();
    expect(taskQueue).toBe(`sync-${id}`);
  });

  test.each([
    ['workers', 'workers/main.ts', []],
    ['the gateway', 'clients/gateway.ts', []],
    ['the listener', 'clients/listener.ts', []],
    ['schedules apply', 'clients/cli/main.ts', ['schedules', 'apply']],
  ])('%s of the second one stop with both names and what to do', async (_, program, args) => {
    const [mine, foreign] = [await readInstallation(first.orm), await readInstallation(second.orm)];
    const { code, stderr } = await runCli(args, settings(second), program);
    expect(stderr).toContain(`belongs to installation ${mine.id} (database ${mine.database})`);
    expect(stderr).toContain(`DATABASE_URL is installation ${foreign.id} (database ${foreign.database})`);
    expect(stderr).toMatch(/Set TEMPORAL_NAMESPACE/);
    expect(code).toBe(2);
  });

  test('check names the mismatch', async () => {
    const { code, stdout } = await runCli(['check'], settings(second), 'clients/cli/main.ts');
    expect(stdout).toMatch(/^FAILED installation: .*belongs to installation [0-9a-f]{12}/m);
    expect(code).toBe(1);
  });

  test('nothing of the second one has got into the namespace', async () => {
    const { id } = await readInstallation(first.orm);
    const queues: string[] = [];
    for await (const { taskQueue } of temporal.client.workflow.list()) queues.push(taskQueue);
    expect(queues.filter((queue) => queue !== `sync-${id}`)).toEqual([]);
    const { memo } = await temporal.client.schedule.getHandle('ems-sync/installation').describe();
    expect(memo).toMatchObject({ installation: id });
  });
});
