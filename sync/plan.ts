import type { EntityKey, EntityType } from './entity-type.ts';
import type { PlannedAction } from './planned-change.ts';
import type { SyncProcessName } from './sync-process-name.ts';

/** How many rows of a type would be created, changed and so on; left out: none. */
export type TypeCounts = Partial<Record<PlannedAction | 'unchanged', number>>;

/** What the brake would hold back. */
export interface PlannedHold {
  readonly type: EntityType;
  readonly kind: 'unlink' | 'delete' | 'update';
  readonly held: number;
  /** Rows of the type at the target. */
  readonly linked: number;
  readonly examples: readonly EntityKey[];
}

/** A plan without its changes, of which there may be many. */
export interface Plan {
  readonly process: SyncProcessName;
  /** Null: all of the process. */
  readonly types: readonly EntityType[] | null;
  readonly counts: Readonly<Partial<Record<EntityType, TypeCounts>>>;
  readonly held: readonly PlannedHold[];
  /** Types that cannot be swept. */
  readonly stopped: readonly { readonly type: EntityType; readonly reason: string }[];
}

const WOULD = { delete: 'leave it', update: 'be changed', unlink: 'be unlinked' } as const;

export const describePlannedHold = (
  process: SyncProcessName,
  { type, kind, held, linked, examples }: PlannedHold,
): string =>
  `HELD: ${held} of ${linked} ${type} at ${process} would ${WOULD[kind]} at once, for example ${examples.join(', ')}: the brake would hold them until they are approved`;
