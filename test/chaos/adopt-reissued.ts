import { setTimeout as sleep } from 'node:timers/promises';
import { runCli } from '../clients/run-cli.ts';
import { readUnsettled } from './sync-tables.ts';
import type { World } from './world.ts';

const EVERY_MS = 20_000;

/**
 * Several edits of one row that are seen as one look like another row under its id, and wait for a human. Here no id is ever
 * given out again, so the human says *the same*. Until `signal` is aborted.
 */
export async function keepAdopting(world: World, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const parked = (await readUnsettled(world.databaseUrl)).filter(({ code }) => code?.endsWith('-REISSUED') === true);
    for (const row of new Set(parked.map(({ table, key }) => `${typeOf(table)} ${key}`)))
      await runCli(['adopt', ...row.split(' ')], world.environment);
  }
}

/** `sync_event_participant` → `EventParticipant` */
const typeOf = (table: string) =>
  table
    .split('_')
    .slice(1)
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('');
