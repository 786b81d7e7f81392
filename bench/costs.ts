import { Client } from 'pg';
import type { Ground } from './ground.ts';
import { cpuSecondsOf, peakMegabytesOf } from './process-costs.ts';

/** What one contender took for its work. */
export interface Costs {
  readonly seconds: number;
  /** Requests at the target. */
  readonly calls: number;
  /** Of the contender's database, ours to look at it included. */
  readonly transactions: number;
  readonly postgresCpu: number;
  readonly temporalCpu: number;
  /** Of the contender's own processes together. */
  readonly processCpu: number;
  /** The most memory of one of its processes. */
  readonly peakMegabytes: number;
}

export interface Measured {
  readonly ground: Pick<Ground, 'postgres' | 'temporal'>;
  readonly database: string;
  readonly pids: readonly number[];
  readonly countCalls: () => Promise<number>;
  /** Ends the contender. */
  readonly stop: () => Promise<void>;
}

/** @param work resolves with how long it took, in seconds. */
export async function measureCosts(measured: Measured, work: () => Promise<number>): Promise<Costs> {
  const { database, pids, countCalls } = measured;
  const before = cpuOf(measured);
  const transactionsBefore = await transactionsOf(measured, database);
  const seconds = await work();
  const after = cpuOf(measured);
  const peakMegabytes = Math.max(...pids.map(peakMegabytesOf));
  const calls = await countCalls();
  // A session reports its last transactions when it ends, or after ten seconds.
  await measured.stop();
  return {
    seconds,
    calls,
    transactions: (await transactionsOf(measured, database)) - transactionsBefore,
    postgresCpu: after.postgres - before.postgres,
    temporalCpu: after.temporal - before.temporal,
    processCpu: after.process - before.process,
    peakMegabytes,
  };
}

const all = (pids: readonly number[]) => pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);

function cpuOf({ ground: { postgres, temporal }, pids }: Measured) {
  return {
    postgres: cpuSecondsOf(postgres.process.pid),
    temporal: all(temporal.processes.map(({ pid }) => pid)),
    process: all(pids),
  };
}

async function transactionsOf({ ground: { postgres } }: Measured, database: string): Promise<number> {
  const client = new Client({ connectionString: postgres.adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ transactions: string }>(
      'SELECT xact_commit + xact_rollback AS transactions FROM pg_stat_database WHERE datname = $1',
      [database],
    );
    return Number(rows[0]?.transactions ?? 0);
  } finally {
    await client.end();
  }
}
