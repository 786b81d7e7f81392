import type { Dependencies } from '../../activities/dependencies.ts';
import { NoLocks } from '../../database/advisory-locks.ts';
import { createScratchOrm } from '../../database/scratch.ts';
import { tablesWrittenBy } from '../../database/scratch-tables.ts';
import { engineSettings } from '../../settings/engine-settings.ts';
import type { EnabledTarget } from '../../settings/read-settings.ts';
import type { CommonSettings } from '../../settings/schema.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';

/** Runs the engine's own code in a session that cannot write ({@link createScratchOrm}), for one process. */
export async function inScratch<T>(
  { common, enabled: { target, settings } }: { readonly common: CommonSettings; readonly enabled: EnabledTarget },
  work: (dependencies: Dependencies) => Promise<T>,
): Promise<T> {
  const { process } = target;
  const engine = engineSettings(common);
  const orm = await createScratchOrm({
    databaseUrl: common.DATABASE_URL,
    process: process.name,
    emsTables: tablesWrittenBy(process.mappings),
  });
  const remote = target.connect(settings, unlimitedConnections(engine.consentPolicy, engine.keys));
  try {
    return await work({
      ...engine,
      orm,
      processes: new Map([[process.name, { process, remote }]]),
      assertOwnAccount: async () => {},
      locks: new NoLocks(common.DATABASE_URL),
    });
  } finally {
    await remote.close?.();
    await orm.close(true);
  }
}
