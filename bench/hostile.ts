import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { requestSync, requestSyncAndWait } from '../clients/request-sync.ts';
import { startReadyProgram } from '../demo/start-program.ts';
import type { DemoSystem } from '../demo/start-system.ts';
import { projectFolder } from '../local/folders.ts';
import { newLogFile } from '../local/log-file.ts';
import { percentiles } from './percentiles.ts';

export interface HostileOptions {
  /** Times that both are measured, one after the other. */
  readonly rounds: number;
  /** Requests in each half of a round. */
  readonly requests: number;
}

export interface HostileResult {
  /** Milliseconds from an on-demand request to its outcome at TagServer. */
  readonly without: readonly number[];
  readonly beside: readonly number[];
  /** Hostile answers, by kind. */
  readonly answers: Readonly<Record<string, number>>;
  /** The machine's load average over a minute, at the end. */
  readonly load: number;
}

const PAUSE_MS = 100;
const GIVEN_UP_AFTER_MS = 120_000;

/** Starts the remote, a process of its own. @returns its address. */
export async function startHostileRemote(stack: AsyncDisposableStack): Promise<string> {
  const logFile = newLogFile('hostile-remote');
  const said = () => readFileSync(logFile, 'utf8').trim();
  const program = {
    name: 'The hostile remote',
    file: 'bench/hostile-remote.ts',
    environment: {},
    cwd: projectFolder,
    logFile,
  };
  const child = await startReadyProgram(program, async () => said().startsWith('http'));
  stack.defer(() => child.stop());
  return said();
}

/**
 * Measures on-demand requests for TagServer, in turn without and beside calls of the same worker to a hostile Mautic:
 * polls of lists without an end, and pairs that are answered by long texts, gzip bombs, dense JSON and slow bodies.
 */
export async function hostile(
  { orm, temporal }: DemoSystem,
  remote: string,
  say: (line: string) => void,
  { rounds, requests }: HostileOptions,
): Promise<HostileResult> {
  const database = orm.em.getKysely();
  const turn = async (to: 'calm' | 'hostile') =>
    (await (await fetch(`${remote}/${to}`, { method: 'PUT' })).json()) as Record<string, number>;
  const { rows } = await sql<{ key: string }>`
    SELECT entity_key::text AS key FROM sync_person WHERE sync_process = 'TAGSERVER' AND state = 'IN_SYNC'
    ORDER BY id`.execute(database);
  const keys = rows.map(({ key }) => key);
  let asked = 0;

  async function measure(): Promise<number[]> {
    const took: number[] = [];
    for (let n = 0; n < requests; n += 1) {
      const key = keys[(asked += 1) % keys.length] ?? '';
      await sql`UPDATE person SET last_name = ${`Asked ${asked}`}, modified_on = clock_timestamp()
        WHERE id = ${key}::bigint`.execute(database);
      const from = performance.now();
      await requestSyncAndWait(temporal, { process: 'TAGSERVER', type: 'Person', key }, GIVEN_UP_AFTER_MS);
      took.push(performance.now() - from);
      await sleep(PAUSE_MS);
    }
    return took;
  }

  /** Keeps the worker busy with the hostile remote until `isOver`. */
  async function keepBusy(isOver: () => boolean): Promise<void> {
    const poll = temporal.schedule.getHandle('sweep/MAUTIC/inbound');
    for (let n = 0; !isOver(); n += 1) {
      if (n % 20 === 0) await poll.trigger('SKIP');
      await requestSync(temporal, { process: 'MAUTIC', type: 'Person', key: keys[(n * 7) % keys.length] ?? '' });
      await sleep(PAUSE_MS);
    }
  }

  const result = { without: [] as number[], beside: [] as number[] };
  let answers = await turn('calm');
  await measure();
  for (let round = 1; round <= rounds; round += 1) {
    await turn('calm');
    result.without.push(...(await measure()));
    await turn('hostile');
    let over = false;
    const busy = keepBusy(() => over);
    result.beside.push(...(await measure()));
    over = true;
    await busy;
    answers = await turn('calm');
    const [without, beside] = [percentiles(result.without), percentiles(result.beside)];
    say(`round ${round}: p95 ${without.p95} ms without, ${beside.p95} ms beside it`);
  }
  return { ...result, answers, load: loadavg()[0] ?? 0 };
}

/** For `--json`. */
export function hostileAsJson({ without, beside, answers, load }: HostileResult) {
  const [calm, attacked] = [percentiles(without), percentiles(beside)];
  return { without: calm, beside: attacked, ratioOfP95: attacked.p95 / calm.p95, answers, load };
}
