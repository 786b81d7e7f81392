import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client as PostgresClient } from 'pg';
import { installNotify } from '../database/notify/install-notify.ts';
import { startReadyProgram } from '../demo/start-program.ts';
import type { DemoSystem } from '../demo/start-system.ts';
import type { Child } from '../local/child-process.ts';
import { newLogFile } from '../local/log-file.ts';
import { controlOf } from '../simulators/tagserver/start.ts';

export interface LatencyOptions {
  readonly changes: number;
  /** Pause between two changes, in milliseconds. */
  readonly pauseMs: number;
  readonly runFolder: string;
}

/** Sweeps run every minute; a change that has not arrived after two of them is lost. */
const LOST_AFTER_MS = 150_000;

/**
 * Measures the time from a commit in EMS until TagServer receives the change: with sweeps alone, and with the listener
 * while sweeps are paused.
 *
 * @returns durations in milliseconds, by way.
 * @throws Error if a change does not arrive.
 */
export async function latency(
  system: DemoSystem,
  stack: AsyncDisposableStack,
  say: (line: string) => void,
  options: LatencyOptions,
): Promise<Record<string, readonly number[]>> {
  say(`${options.changes} changes, and sweeps every minute …`);
  const bySweep = await timeChanges(system, 'Sweep', options);
  await installNotify(system.databaseUrl);
  const schedule = system.temporal.schedule.getHandle('sweep/TAGSERVER/outbound');
  const listener = await startListener(system, options.runFolder);
  stack.defer(() => listener.stop());
  await schedule.pause('only the listener is measured');
  say(`${options.changes} changes, with the listener alone …`);
  const byListener = await timeChanges(system, 'Listener', options);
  return { 'a sweep every minute': bySweep, 'the listener': byListener };
}

function startListener({ environment }: DemoSystem, cwd: string): Promise<Child> {
  const logFile = newLogFile('listener');
  const program = { name: 'The listener', file: 'clients/listener.ts', environment, cwd, logFile };
  return startReadyProgram(program, async () => readFileSync(logFile, 'utf8').includes('listener is ready'));
}

/** Gives persons, one after another, a family name that is used only by this measurement. */
async function timeChanges(
  system: DemoSystem,
  way: string,
  { changes, pauseMs }: LatencyOptions,
): Promise<readonly number[]> {
  const tagServer = controlOf(new URL(system.environment['TAGSERVER_URL'] ?? '').origin);
  const database = new PostgresClient({ connectionString: system.databaseUrl });
  await database.connect();
  try {
    await tagServer.clearJournal();
    const { rows } = await database.query<{ key: string }>(
      `SELECT entity_key::text AS key FROM sync_person WHERE sync_process = 'TAGSERVER' AND state = 'IN_SYNC' ORDER BY id`,
    );
    const committedAt = new Map<string, number>();
    for (let n = 0; n < changes; n += 1) {
      const name = `${way} ${n}`;
      await database.query('UPDATE person SET last_name = $1, modified_on = now() WHERE id = $2', [
        name,
        rows[n % rows.length]?.key,
      ]);
      committedAt.set(name, now());
      await sleep(pauseMs);
    }
    return await arrivals(committedAt, async () => {
      const journal = await tagServer.journal({ writesOnly: true });
      return new Map(
        journal
          .filter(({ status }) => status !== null && status < 300)
          .map(({ body, at }) => [String(Object(body).familyName), Temporal.Instant.from(at).epochMilliseconds]),
      );
    });
  } finally {
    await database.end();
  }
}

/** Each change needs its own person: a name replaced before a sweep saw it would never arrive. */
async function arrivals(
  committedAt: ReadonlyMap<string, number>,
  arrived: () => Promise<ReadonlyMap<string, number>>,
): Promise<readonly number[]> {
  const deadline = now() + LOST_AFTER_MS;
  for (;;) {
    const times = await arrived();
    const missing = [...committedAt.keys()].filter((name) => !times.has(name));
    if (missing.length === 0) return [...committedAt].map(([name, from]) => (times.get(name) ?? 0) - from);
    if (now() > deadline) throw new Error(`${missing.length} of ${committedAt.size} changes have not arrived`);
    await sleep(500);
  }
}

/** The same clock as in TagServer's journal. */
const now = () => Temporal.Now.instant().epochMilliseconds;
