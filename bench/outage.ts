import { setTimeout as sleep } from 'node:timers/promises';
import Table from 'cli-table3';
import type { TemporalKind } from '../demo/start-temporal.ts';
import type { JournalEntry } from '../simulators/kit/journal.ts';
import { type Percentiles, percentiles } from './percentiles.ts';
import { megabytesOf } from './process-costs.ts';
import { personsInStep, startTwoTargets, type TwoTargets } from './two-targets.ts';

export interface OutageOptions {
  /** Persons that change while MailChimp is down, twice each. */
  readonly size: number;
  /** How long it is down. */
  readonly seconds: number;
  readonly temporal: TemporalKind;
  readonly say: (line: string) => void;
}

export interface OutageResult {
  /** From a commit to its record at the other target, before, during and after the outage; milliseconds. */
  readonly freshness: Readonly<Record<'before' | 'during' | 'after', Percentiles>>;
  /** The most workflows of any kind that were open at once, during the outage and after it. */
  readonly openWorkflows: { readonly during: number; readonly after: number };
  /** Of the workers, resident. */
  readonly megabytes: { readonly before: number; readonly during: number; readonly after: number };
  /** Requests that reached MailChimp while it was down. */
  readonly callsWhileDown: number;
  /** Until all were in step, from the end of the outage. */
  readonly recoverySeconds: number;
  readonly callsOfRecovery: number;
  /** Members that were sent once, several times and not at all after the outage. */
  readonly sent: { readonly once: number; readonly again: number; readonly never: number };
  /** Members that hold another name than EMS's latest. */
  readonly stale: number;
}

/** Persons at the other target, each of which changes once in a phase. */
const REGISTERED = 200;
const CHANGE_EVERY_MS = 2_000;
const BEFORE_SECONDS = 60;
const LAST_NAME = 'Second change';

/**
 * A target is down while every person changes twice: what the other target notices of it, what stays open meanwhile, and
 * what is sent when it is over.
 */
export async function outage(stack: AsyncDisposableStack, options: OutageOptions): Promise<OutageResult> {
  const { size, seconds, say } = options;
  const world = await startTwoTargets(stack, { ...options, size: size + REGISTERED, registered: REGISTERED });
  const { orm, mailchimp, pid } = world;
  const look = watch(world);

  say(`Both targets are in step. ${BEFORE_SECONDS} s without an outage …`);
  const before = await changeRegistered(world, BEFORE_SECONDS);
  const megabytesBefore = megabytesOf(pid);

  say(`MailChimp is down for ${seconds} s, and ${size} persons change twice …`);
  await mailchimp.fail();
  await mailchimp.forgetCalls();
  look.begin();
  const [during] = await Promise.all([changeRegistered(world, seconds), changeAll(world, { size, seconds })]);
  const openDuring = look.end();
  const callsWhileDown = await mailchimp.countCalls();
  const megabytesDuring = megabytesOf(pid);

  say('It is back …');
  await mailchimp.forgetCalls();
  look.begin();
  const from = performance.now();
  await mailchimp.recover();
  const [recoverySeconds, after] = await Promise.all([
    personsInStep(orm, 'MAILCHIMP', size + REGISTERED).then(() => (performance.now() - from) / 1_000),
    changeRegistered(world, Math.min(seconds, BEFORE_SECONDS)),
  ]);
  const openAfter = look.end();
  await look.stop();
  const calls = await mailchimp.journal();
  const names = await mailchimp.lastNames();
  return {
    freshness: { before: percentiles(before), during: percentiles(during), after: percentiles(after) },
    openWorkflows: { during: openDuring, after: openAfter },
    megabytes: { before: megabytesBefore, during: megabytesDuring, after: megabytesOf(pid) },
    callsWhileDown,
    recoverySeconds,
    callsOfRecovery: calls.length,
    sent: timesSent(calls, size),
    stale: emails(size).filter((email) => names.get(email) !== LAST_NAME).length,
  };
}

/** @returns how long each change took to be recorded at TagServer, in milliseconds. */
async function changeRegistered({ orm }: TwoTargets, seconds: number): Promise<number[]> {
  const changes = Math.min(REGISTERED, Math.floor((seconds * 1_000) / CHANGE_EVERY_MS));
  for (let id = 1; id <= changes; id += 1) {
    await orm.em
      .fork()
      .execute(`UPDATE person SET first_name = first_name || '!', modified_on = clock_timestamp() WHERE id = ?`, [id]);
    await sleep(CHANGE_EVERY_MS);
  }
  await personsInStep(orm, 'TAGSERVER', REGISTERED);
  const rows = await orm.em.fork().execute<{ took: string }[]>(
    `SELECT 1000 * extract(epoch FROM sr.updated_on - e.modified_on) AS took
     FROM sync_person sr JOIN person e ON e.id = sr.entity_key WHERE sr.sync_process = 'TAGSERVER' AND e.id <= ?`,
    [changes],
  );
  return rows.map(({ took }) => Number(took));
}

/** Spread over the time: every person once in its first half, and once more in the second. */
async function changeAll({ orm }: TwoTargets, { size, seconds }: Pick<OutageOptions, 'size' | 'seconds'>) {
  const steps = Math.max(1, Math.floor(seconds / 2));
  const until = (step: number) => REGISTERED + Math.round((size * step) / steps);
  for (const name of ['First change', LAST_NAME]) {
    for (let step = 0; step < steps; step += 1) {
      const next = sleep(1_000);
      await orm.em
        .fork()
        .execute('UPDATE person SET last_name = ?, modified_on = clock_timestamp() WHERE id > ? AND id <= ?', [
          name,
          until(step),
          until(step + 1),
        ]);
      await next;
    }
  }
}

/** Counts open workflows once a second. */
function watch({ temporal }: TwoTargets) {
  let most = 0;
  const over = new AbortController();
  const counting = (async () => {
    while (!over.signal.aborted) {
      const { count } = await temporal.workflow.count(`ExecutionStatus = 'Running'`);
      most = Math.max(most, count);
      await sleep(1_000);
    }
  })();
  // Seen where it is awaited.
  counting.catch(() => undefined);
  return {
    begin: () => void (most = 0),
    end: () => most,
    stop: async () => {
      over.abort();
      await counting;
    },
  };
}

const emails = (size: number) => Array.from({ length: size }, (_, n) => `p${REGISTERED + n + 1}@example.org`);

/** How often each member stands in a request that MailChimp answered. */
function timesSent(calls: readonly JournalEntry[], size: number): OutageResult['sent'] {
  const times = new Map<string, number>(emails(size).map((email) => [email, 0]));
  for (const { body, write, status } of calls) {
    if (!write || status !== 200) continue;
    const members: readonly unknown[] = Object(body).members ?? [body];
    for (const member of members) {
      const email = String(Object(member).email_address);
      const known = times.get(email);
      if (known !== undefined) times.set(email, known + 1);
    }
  }
  const all = [...times.values()];
  const count = (is: (n: number) => boolean) => all.filter(is).length;
  return { once: count((n) => n === 1), again: count((n) => n > 1), never: count((n) => n === 0) };
}

export function outageTable({ freshness, openWorkflows, megabytes, ...rest }: OutageResult): string {
  const table = new Table({
    head: ['', 'before', 'during', 'after'],
    colAligns: ['left', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  const { before, during, after } = freshness;
  table.push(
    ['the other target, p50 ms', before.p50, during.p50, after.p50],
    ['the other target, p95 ms', before.p95, during.p95, after.p95],
    ['open workflows, at most', '', openWorkflows.during, openWorkflows.after],
    ['workers, MB', megabytes.before, megabytes.during, megabytes.after],
    ['calls of the target', '', rest.callsWhileDown, rest.callsOfRecovery],
  );
  const { once, again, never } = rest.sent;
  return `${table.toString()}\nIn step ${rest.recoverySeconds.toFixed(1)} s after it was back; sent once ${once}, several times ${again}, never ${never}; stale ${rest.stale}`;
}
