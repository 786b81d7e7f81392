import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { migrate } from '../database/migrate.ts';
import { createOrm } from '../database/orm.ts';
import { makeRunFolder } from '../demo/run-folder.ts';
import { findTemporal, type RunningTemporal } from '../demo/start-temporal.ts';
import { type LocalPostgres, startPostgres } from '../local/postgres.ts';
import { fillEms } from './fill-ems.ts';
import type { PartOptions } from './part-options.ts';

/** The servers on which contenders alternate, and an EMS of which each gets a copy. */
export interface Ground {
  readonly runFolder: string;
  readonly postgres: LocalPostgres;
  readonly temporal: RunningTemporal;
  /** Keys of the persons that every contender delivers. */
  readonly keys: readonly string[];
  /** @returns the URL of a new copy of EMS. */
  copyEms(name: string): Promise<string>;
  readonly say: (line: string) => void;
}

const TEMPLATE = 'bench_template';

/** What contenders write of a delivery; ems-sync has its own records. */
const DELIVERED = 'CREATE TABLE bench_delivered (key bigint PRIMARY KEY, modified_on timestamptz NOT NULL)';

export async function startGround(stack: AsyncDisposableStack, options: Omit<PartOptions, 'rounds'>): Promise<Ground> {
  const { say, size } = options;
  const { signal } = new AbortController();
  const startTemporal = await findTemporal(options.temporal, { say, signal });
  const runFolder = makeRunFolder();
  stack.defer(() => rmSync(runFolder, { recursive: true, force: true, maxRetries: 3 }));
  const postgres = await startPostgres({ folder: join(runFolder, 'postgres'), persistent: false });
  stack.defer(() => postgres.stop());
  const temporal = await startTemporal(runFolder, postgres);
  stack.defer(() => temporal.stop());
  say(`Servers are up; an EMS with ${size} persons …`);
  await postgres.createDatabase(TEMPLATE);
  const databaseUrl = postgres.url(TEMPLATE);
  await migrate({ databaseUrl, withEms: true });
  const orm = await createOrm({ databaseUrl, poolSize: 1 });
  try {
    await orm.em.fork().execute(DELIVERED);
    await fillEms(orm, size);
  } finally {
    await orm.close();
  }
  const copyEms = async (name: string) => {
    await postgres.createDatabase(name, TEMPLATE);
    return postgres.url(name);
  };
  const keys = Array.from({ length: size }, (_, n) => String(n + 1));
  return { runFolder, postgres, temporal, keys, copyEms, say };
}
