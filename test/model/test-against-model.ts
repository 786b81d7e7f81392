import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from '../seeded-fast-check.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';
import { addresses, family, step, take, type Step } from './marketing-steps.ts';
import { MarketingWorld, type MarketingTarget } from './marketing-world.ts';

const MINUTE_MS = 60_000;

/**
 * Short sequences of steps in EMS, at the target and in between, each from an empty world.
 *
 * @param found sequences that once ended otherwise, by what they show.
 */
export function testAgainstModel(
  start: () => Promise<MarketingTarget>,
  { numRuns, found }: { readonly numRuns: number; readonly found: Readonly<Record<string, readonly Step[]>> },
): void {
  let database: LockedDatabase;
  let target: MarketingTarget;

  beforeAll(async () => {
    [database, target] = await Promise.all([lockedDatabase(), start()]);
  });

  afterAll(async () => {
    await target?.stop();
    await database?.close();
  });

  const sequence = fc.tuple(family, fc.array(step, { minLength: 2, maxLength: 5 }));
  /** With more rows due than this, pages. */
  const pageThreshold = fc.constantFrom(0, 1);

  test(
    'whatever happens in EMS, at the target and in between: it ends as specified, and another round writes nothing',
    async () => {
      await fc.assert(
        fc.asyncProperty(sequence, pageThreshold, ([people, steps], threshold) =>
          perform([...people, { do: 'sweep', full: true }, ...steps], threshold),
        ),
        { numRuns },
      );
    },
    60 * MINUTE_MS,
  );

  for (const [title, steps] of Object.entries(found)) test(title, () => perform(steps, 0));

  async function perform(steps: readonly Step[], threshold: number): Promise<void> {
    const world = await MarketingWorld.empty(database, target, { pageThreshold: threshold, addresses });
    for (const one of steps) {
      await take(world, one);
      await nobodyIsRevived(world);
    }
    await world.settle();
    const contacts = await target.contacts();
    expect(world.model.findFaults(contacts, addresses)).toEqual([]);
    expect(await world.unexplained()).toEqual([]);
  }

  /** Not even for a moment. */
  async function nobodyIsRevived({ model }: MarketingWorld): Promise<void> {
    const contacts = await target.contacts();
    const revived = contacts.filter(({ address, standing }) => standing === 'mailable' && model.isRefused(address));
    expect(revived).toEqual([]);
  }
}
