import type { EnabledTarget } from '../../settings/read-settings.ts';
import type { RemoteSystem } from '../../targets/remote-system.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { describeOtherAccount } from '../../sync/other-account.ts';
import { lookAt, type Check } from './look-at.ts';

/**
 * Checks that the target accepts our credentials and has the fields and topics that our mappings write to.
 *
 * @param fix create those that are missing.
 * @param isStopped whether the records are about another account: then nothing is asked or created there.
 */
export function targetCheck(
  { target, settings }: EnabledTarget,
  { fix, isStopped }: { readonly fix: boolean; readonly isStopped: () => Promise<boolean> },
): Promise<Check> {
  const names = Object.keys(target.settings.shape).join(', ');
  return lookAt(target.process.name, async () => {
    if (await isStopped()) throw new Error(describeOtherAccount(target.process.name));
    const remote = target.connect(settings, unlimitedConnections('ratchet'));
    try {
      await answers(remote, names);
      const made = await whole(remote, fix);
      const advice = (await remote.shape?.advice?.({ probe: fix })) ?? [];
      const found = made.length === 0 ? 'answers and accepts our credentials' : `answers; created ${made.join(', ')}`;
      return [found, ...advice].join('; ');
    } finally {
      await remote.close?.();
    }
  });
}

async function answers(remote: RemoteSystem, names: string): Promise<void> {
  try {
    await remote.probe();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}. If it is up, check ${names}`, { cause: error });
  }
}

/** @returns what was created. @throws Error if something is still missing. */
async function whole({ shape }: RemoteSystem, fix: boolean): Promise<readonly string[]> {
  if (shape === undefined) return [];
  const made = fix ? await shape.create() : [];
  const missing = await shape.missing();
  if (missing.length === 0) return made;
  throw new Error(`lacks ${missing.join(', ')}. ${fix ? 'Create them by hand' : 'Run: npx ems-sync check --fix'}`);
}
