import { setTimeout as sleep } from 'node:timers/promises';
import { settle } from '../../demo/settle.ts';
import { stillMoving } from './still-moving.ts';
import type { World } from './world.ts';

/**
 * Waits until nothing is due and no workflow of a pair runs.
 *
 * @param onRound called with what a round of sweeps and polls has found, empty if nothing.
 * @returns what still moves after `minutes`, one line each; none: all is in step.
 */
export async function settleWithin(
  world: World,
  minutes: number,
  onRound: (found: string) => void,
): Promise<readonly string[]> {
  let last = 'no round has ended';
  const settled = settle(world, (found) => {
    last = found === '' ? 'the last round found nothing' : `the last round found ${found}`;
    onRound(found);
  }).then(
    () => null,
    // A sweep that fails as a whole is a finding, and the rest is worth a look.
    (error: unknown) => `a sweep or a poll has failed: ${error instanceof Error ? error.message : String(error)}`,
  );
  const late = sleep(minutes * 60_000, `not in step after ${minutes} minutes`, { ref: false });
  const unsettled = await Promise.race([settled, late, world.broken]);
  return unsettled === null ? [] : [`${unsettled}; ${last}`, ...(await stillMoving(world))];
}
