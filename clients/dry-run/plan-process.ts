import { dryPoll } from '../../activities/dry-run/dry-poll.ts';
import { drySweep } from '../../activities/dry-run/dry-sweep.ts';
import { AdvisoryLocks } from '../../database/advisory-locks.ts';
import { readHolds, type Hold } from '../../database/records/missing.ts';
import { createScratchOrm } from '../../database/scratch.ts';
import { entityTable } from '../../database/table-names.ts';
import { engineSettings } from '../../settings/engine-settings.ts';
import type { EnabledTarget } from '../../settings/read-settings.ts';
import type { CommonSettings } from '../../settings/schema.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { PlannedChange } from '../../sync/planned-change.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
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
  const { DATABASE_URL: databaseUrl } = common;
  const orm = await createScratchOrm({ databaseUrl, process: process.name, emsTables: tablesWrittenBy(process) });
  const remote = target.connect(enabled.settings, unlimitedConnections(consentPolicy, keys));
  const dependencies = {
    ...engine,
    orm,
    consentPolicy,
    keys,
    processes: new Map([[process.name, { process, remote }]]),
    assertOwnAccount: async () => {},
    locks: new NoLocks(databaseUrl),
  };
  const counts: Partial<Record<EntityType, TypeCounts>> = {};
  const stopped: Plan['stopped'][number][] = [];
  const isAsked = (type: EntityType) => types === undefined || types.includes(type);
  try {
    await remote.probe();
    if (process.directions.includes('inbound')) {
      for await (const item of dryPoll(dependencies, { process: process.name }))
        if (item.kind === 'changes') await take(item.type, item.changes, item.listed);
    }
    for await (const item of drySweep(dependencies, { process: process.name })) {
      if (!isAsked(item.type)) continue;
      if (item.kind === 'stopped') {
        if (item.isHeld !== true) stopped.push({ type: item.type, reason: item.reason });
        continue;
      }
      add((counts[item.type] ??= {}), 'unchanged', item.unchanged);
      await take(item.type, item.changes, item.changes.length + item.unchanged);
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

  async function take(type: EntityType, changes: readonly PlannedChange[], looked: number): Promise<void> {
    for (const change of changes.filter((one) => isAsked(one.type))) {
      add((counts[change.type] ??= {}), change.action, 1);
      await onChange(change);
    }
    onProgress?.(type, looked);
  }
}

/** Nothing is written, so nobody has to wait for us. */
class NoLocks extends AdvisoryLocks {
  override withLocks<T>(_names: readonly string[], _timeoutMs: number, work: () => Promise<T>): Promise<T> {
    return work();
  }
}

/** Those of types that are read back. */
function tablesWrittenBy({ mappings }: SyncProcess): string[] {
  const types = mappings.flatMap(({ type, inbound }) => (inbound === null ? [] : [type]));
  const tables = types.map((type) => entityTable(type));
  return types.includes('Conversation') ? [...tables, entityTable('ConversationMessage')] : tables;
}

function add(counts: TypeCounts, name: keyof TypeCounts, by: number): void {
  if (by > 0) counts[name] = (counts[name] ?? 0) + by;
}

const asPlanned = ({ type, kind, held, linked, examples }: Hold) => ({ type, kind, held, linked, examples });
