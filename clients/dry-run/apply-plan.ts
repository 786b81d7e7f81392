import type { CommonSettings } from '../../settings/schema.ts';
import type { EnabledTarget } from '../../settings/read-settings.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import { REQUESTED_ACTIONS, type PlannedChange } from '../../sync/planned-change.ts';
import { readPlanHeader, readPlannedChanges } from '../plan-file.ts';
import { planProcess } from './plan-process.ts';

/** A change of the file that is not what would be done now. */
export interface Moved {
  readonly planned: PlannedChange;
  /** What would be done with the row now; null: nothing. */
  readonly now: PlannedChange | null;
}

/** A row to be synced, and what will be done with it. */
export interface ToApply {
  readonly type: EntityType;
  readonly key: EntityKey;
  /** The remote record is read first. */
  readonly inbound: boolean;
}

export interface Compared {
  /** In the plan's order: each after the rows that it refers to. */
  readonly rows: readonly ToApply[];
  readonly moved: readonly Moved[];
  /** Remote records without a row: only a poll takes them up. */
  readonly leftToPoll: number;
}

/**
 * Plans anew and compares with the file. Only hashes are kept in memory: some hundred bytes for each change of the file.
 *
 * @throws SyntaxError if the file is no plan.
 */
export async function compareWithPlan(
  path: string,
  { common, enabled }: { readonly common: CommonSettings; readonly enabled: EnabledTarget },
): Promise<Compared> {
  const { types } = await readPlanHeader(path);
  const hashes = new Map<string, string>();
  for await (const change of readPlannedChanges(path)) hashes.set(nameOf(change), change.hash);
  const others = new Map<string, PlannedChange>();
  await planProcess({
    common,
    enabled,
    ...(types === null ? {} : { types }),
    onChange: (change) => {
      const name = nameOf(change);
      if (hashes.get(name) === change.hash) hashes.delete(name);
      else others.set(name, change);
    },
  });
  const rows: ToApply[] = [];
  const moved: Moved[] = [];
  let leftToPoll = 0;
  for await (const planned of readPlannedChanges(path)) {
    const name = nameOf(planned);
    if (hashes.has(name)) moved.push({ planned, now: others.get(name) ?? null });
    else if (planned.id === null) leftToPoll += 1;
    else if (REQUESTED_ACTIONS.includes(planned.action)) {
      rows.push({ type: planned.type, key: planned.id, inbound: planned.direction === 'inbound' });
    }
  }
  return { rows, moved, leftToPoll };
}

const nameOf = ({ direction, type, id, remoteId }: PlannedChange) =>
  `${direction} ${type}/${id ?? `remote ${remoteId}`}`;
