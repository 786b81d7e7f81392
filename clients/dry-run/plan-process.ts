import { drySweep } from '../../activities/dry-run/dry-sweep.ts';
import { AdvisoryLocks } from '../../database/advisory-locks.ts';
import { readHolds, type Hold } from '../../database/records/missing.ts';
import { createScratchOrm } from '../../database/scratch.ts';
import { engineSettings } from '../../settings/engine-settings.ts';
import type { EnabledTarget } from '../../settings/read-settings.ts';
import type { CommonSettings } from '../../settings/schema.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { PlannedChange } from '../../sync/planned-change.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import type { Plan, TypeCounts } from '../plan.ts';

export interface PlanOptions {
  readonly common: CommonSettings;
  readonly enabled: EnabledTarget;
  /** Left out: all of the process. Rows of other types are decided all the same, because these may refer to them. */
  readonly types?: readonly EntityType[];
  /** Takes each change as it is found. */
  readonly onChange: (change: PlannedChange) => Promise<void> | void;
  /** Told after each page. */
  readonly onProgress?: (type: EntityType, looked: number) => void;
}

/**
 * What the next sweep of a process would do. Needs the database and the target, and neither worker nor schedule; writes
 * to none of them.
 *
 * @throws SyncError if the target cannot be read.
 */
export async function planProcess({ common, enabled, types, onChange, onProgress }: PlanOptions): Promise<Plan> {
  const { target } = enabled;
  const { process } = target;
  const { consentPolicy, keys, ...engine } = engineSettings(common);
  const orm = await createScratchOrm({ databaseUrl: common.DATABASE_URL, process: process.name });
  const remote = target.connect(enabled.settings, unlimitedConnections(consentPolicy, keys));
  const dependencies = {
    ...engine,
    orm,
    consentPolicy,
    keys,
    processes: new Map([[process.name, { process, remote }]]),
    assertOwnAccount: async () => {},
    locks: new AdvisoryLocks(common.DATABASE_URL),
  };
  const counts: Partial<Record<EntityType, TypeCounts>> = {};
  const stopped: Plan['stopped'][number][] = [];
  const isAsked = (type: EntityType) => types === undefined || types.includes(type);
  try {
    await remote.probe();
    for await (const item of drySweep(dependencies, { process: process.name })) {
      if (!isAsked(item.type)) continue;
      if (item.kind === 'stopped') {
        if (item.isHeld !== true) stopped.push({ type: item.type, reason: item.reason });
        continue;
      }
      const ofType = (counts[item.type] ??= {});
      add(ofType, 'unchanged', item.unchanged);
      for (const change of item.changes) {
        add(ofType, change.action, 1);
        await onChange(change);
      }
      onProgress?.(item.type, item.changes.length + item.unchanged);
    }
    const holds = (await readHolds(orm.em.fork(), [process.name])).filter(
      ({ type, approvedOn }) => isAsked(type) && approvedOn === null,
    );
    for (const hold of holds) add((counts[hold.type] ??= {}), 'hold', hold.held);
    return { process: process.name, types: types ?? null, counts, held: holds.map(asPlanned), stopped };
  } finally {
    await remote.close?.();
    await dependencies.locks.close();
    await orm.close(true);
  }
}

function add(counts: TypeCounts, name: keyof TypeCounts, by: number): void {
  if (by > 0) counts[name] = (counts[name] ?? 0) + by;
}

const asPlanned = ({ type, kind, held, linked, examples }: Hold) => ({ type, kind, held, linked, examples });
