import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { requestSyncAndWait } from '../clients/request-sync.ts';
import { readStatus } from '../clients/status.ts';
import type { DemoSystem } from '../demo/start-system.ts';

/** Pause between two requests, in milliseconds: this measures a person at a desk, not a load test. */
const PAUSE_MS = 250;

const GIVEN_UP_AFTER_MS = 60_000;

/**
 * Requests one person after another, last of the load first, and waits for each result until the initial load is done.
 *
 * @returns the duration of each request in milliseconds.
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
    // Ignore a request that ended after the load: it measured an idle system.
    if ((await readStatus(orm, processes, settings.common)).inStep) break;
    // A person filtered out for TagServer finishes without a call, so count only deliveries.
    if (outcome === 'IN_SYNC') took.push(duration);
    await sleep(PAUSE_MS);
  }
  say(`The first load took ${Math.round((performance.now() - startedAt) / 1_000)} s beside them.`);
  return { 'on demand, during the first load': took };
}
