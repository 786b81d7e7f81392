import { setTimeout as sleep } from 'node:timers/promises';
import type { TemporalKind } from '../demo/start-temporal.ts';
import { cpuSecondsOf, megabytesOf } from './process-costs.ts';
import { personsInStep, startTwoTargets } from './two-targets.ts';

export interface ManyFailingOptions {
  /** Persons that fail. */
  readonly size: number;
  /** How long their retries are measured. */
  readonly seconds: number;
  readonly temporal: TemporalKind;
  readonly say: (line: string) => void;
}

export interface ManyFailingResult {
  /** Until all of them were FAILING. */
  readonly secondsUntilFailing: number;
  readonly openWorkflows: number;
  /** Of the time that was measured. */
  readonly seconds: number;
  readonly calls: number;
  /** CPU seconds. */
  readonly cpu: { readonly postgres: number; readonly temporal: number; readonly workers: number };
  readonly megabytes: number;
  /** Until all were in step, once the cause was gone. */
  readonly recoverySeconds: number;
}

const GIVEN_UP_AFTER_MS = 3_600_000;

/** TagServer answers every person with an error of its own: what their retries cost, and how they end. */
export async function manyFailing(
  stack: AsyncDisposableStack,
  options: ManyFailingOptions,
): Promise<ManyFailingResult> {
  const { size, seconds, say } = options;
  const world = await startTwoTargets(stack, { ...options, size, registered: size });
  const { ground, orm, temporal, tagServer, pid } = world;
  const { control } = tagServer;
  await control.setFaults({ respond: { status: 500, match: { method: 'PUT', prefix: '/v1/persons' } } });
  say(`All are in step. TagServer answers every change of a person with 500 …`);
  const from = performance.now();
  await orm.em.fork().execute(`UPDATE person SET last_name = 'Changed', modified_on = clock_timestamp()`);
  await untilFailing(world, size);
  const secondsUntilFailing = (performance.now() - from) / 1_000;

  say(`All are FAILING after ${secondsUntilFailing.toFixed(0)} s. Their retries, for ${seconds} s …`);
  await control.clearJournal();
  const cpu = () => ({
    postgres: cpuSecondsOf(ground.postgres.process.pid),
    temporal: ground.temporal.processes.reduce((sum, process) => sum + cpuSecondsOf(process.pid), 0),
    workers: cpuSecondsOf(pid),
  });
  const before = cpu();
  await sleep(seconds * 1_000);
  const after = cpu();
  const { count } = await temporal.workflow.count(`ExecutionStatus = 'Running'`);
  const calls = (await control.journal()).length;
  const megabytes = megabytesOf(pid);

  say('TagServer takes them again …');
  await control.clearFaults();
  const back = performance.now();
  await personsInStep(orm, 'TAGSERVER', size);
  return {
    secondsUntilFailing,
    openWorkflows: count,
    seconds,
    calls,
    cpu: {
      postgres: after.postgres - before.postgres,
      temporal: after.temporal - before.temporal,
      workers: after.workers - before.workers,
    },
    megabytes,
    recoverySeconds: (performance.now() - back) / 1_000,
  };
}

async function untilFailing({ orm }: Pick<Awaited<ReturnType<typeof startTwoTargets>>, 'orm'>, size: number) {
  const deadline = Date.now() + GIVEN_UP_AFTER_MS;
  for (;;) {
    const [row] = await orm.em
      .fork()
      .execute<[{ count: string }]>(
        `SELECT count(*) FROM sync_person WHERE sync_process = 'TAGSERVER' AND state = 'FAILING'`,
      );
    if (Number(row.count) >= size) return;
    if (Date.now() > deadline) throw new Error(`${row.count} of ${size} persons are FAILING, and no more`);
    await sleep(1_000);
  }
}

export function manyFailingTable(result: ManyFailingResult): string {
  const { secondsUntilFailing, openWorkflows, seconds, calls, cpu, megabytes, recoverySeconds } = result;
  const share = (used: number) => `${((100 * used) / seconds).toFixed(0)} %`;
  return (
    `All were FAILING after ${secondsUntilFailing.toFixed(0)} s, with ${openWorkflows} open workflows. In ${seconds} s of their retries: ${calls} calls; ` +
    `of one core, PostgreSQL ${share(cpu.postgres)}, Temporal ${share(cpu.temporal)}, workers ${share(cpu.workers)}; workers ${megabytes} MB.\n` +
    `In step ${recoverySeconds.toFixed(0)} s after the cause was gone.`
  );
}
