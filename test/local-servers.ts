import { join } from 'node:path';
import { localFolder } from '../local/folders.ts';
import { startPostgres } from '../local/postgres.ts';
import { startTemporal } from '../local/temporal-server.ts';
import { memoryFolder } from './memory-folder.ts';

export interface LocalServers {
  /** The variables by which tests find the servers. */
  readonly environment: Readonly<Record<'TEST_DATABASE_ADMIN_URL' | 'TEST_TEMPORAL_ADDRESS' | 'TEMPORAL_CLI', string>>;
  stop(): Promise<void>;
}

const DYNAMIC_CONFIG = {
  // An eighth of the default, so that more tests reach a continue-as-new, and in seconds.
  'limit.historyCount.suggestContinueAsNew': 500,
  // With four partitions, the default, most tasks of an idle queue wait some 100 ms until the partition with the poller has them. A
  // queue's rate is divided among its partitions, too. The demo runs with the default.
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
};

/** Go collects garbage less often, and as usual from 2 GiB on: a twelfth less CPU for a few hundred MB. */
const GARBAGE_COLLECTION = { GOGC: '400', GOMEMLIMIT: '2GiB' };

/** A name that tells what it is: outside the checkout, others see it too. */
function testPostgresFolder(): string {
  const memory = memoryFolder();
  return memory === undefined ? join(localFolder, 'test', 'postgres') : join(memory, 'ems-sync-test-postgres');
}

/** Starts an empty PostgreSQL and Temporal for one test run, on free ports. */
export async function startLocalServers(cli: string, say: (line: string) => void): Promise<LocalServers> {
  const postgres = await startPostgres({
    folder: testPostgresFolder(),
    persistent: false,
    onProgress: say,
  });
  const temporal = await startTemporal({
    cli,
    namespaces: ['default'],
    ui: false,
    onProgress: say,
    dynamicConfig: DYNAMIC_CONFIG,
    environment: GARBAGE_COLLECTION,
  }).catch(async (error: unknown) => {
    await postgres.stop();
    throw error;
  });
  say(`PostgreSQL on port ${postgres.port}, Temporal on ${temporal.address}`);
  return {
    environment: {
      TEST_DATABASE_ADMIN_URL: postgres.adminUrl,
      TEST_TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_CLI: cli,
    },
    stop: async () => {
      await Promise.allSettled([temporal.stop(), postgres.stop()]);
    },
  };
}
