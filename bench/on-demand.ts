import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { requestSyncAndWait } from '../clients/request-sync.ts';
import { readStatus } from '../clients/status.ts';
import type { DemoSystem } from '../demo/start-system.ts';

/** Between two requests, in milliseconds: a person at a desk is no load test. */
const PAUSE_MS = 250;

const GIVEN_UP_AFTER_MS = 60_000;

/**
 * Asks for one person after the other, the last of the load first, and waits for each, until the first load is done.
 *
 * @returns how long each of them took, in milliseconds.
 * @throws NoResultInTimeError
 */
export async function onDemand(
  { orm, settings, temporal }: DemoSystem,
  say: (line: string) => void,
): Promise<Record<string, readonly number[]>> {
  const processes = settings.enabled.map(({ target }) => target.process);
  const { rows } = await sql<{ key: string }>`SELECT id::text AS key FROM person ORDER BY id DESC`.execute(
    orm.em.getKysely(),
  );
  const took: number[] = [];
  const startedAt = performance.now();
  for (const { key } of rows) {
    const from = performance.now();
    const { outcome } = await requestSyncAndWait(
      temporal,
      { process: 'TAGSERVER', type: 'Person', key },
      GIVEN_UP_AFTER_MS,
    );
    const duration = performance.now() - from;
    // What ended after the load has measured an idle system.
    if ((await readStatus(orm, processes, settings.common)).inStep) break;
    // Who is not for TagServer is done without a call.
    if (outcome === 'IN_SYNC') took.push(duration);
    await sleep(PAUSE_MS);
  }
  say(`The first load took ${Math.round((performance.now() - startedAt) / 1_000)} s beside them.`);
  return { 'on demand, during the first load': took };
}
