import type { Orm } from '../database/orm.ts';
import type { AdvisoryLocks } from '../database/advisory-locks.ts';
import type { ConflictScope } from '../sync/judge-inbound.ts';
import type { BrakeLimits } from '../sync/brake-limit.ts';
import type { MissingLimit } from '../sync/missing-limit.ts';
import type { SecretKey } from '../sync/keyed-hash.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { ConsentPolicy, ConsentScope } from '../sync/suppression.ts';
import type { RemoteSystem } from '../targets/remote-system.ts';
import type { SyncProcess } from '../targets/sync-process.ts';

/** An enabled process with its connection. */
export interface ConnectedProcess {
  readonly process: SyncProcess;
  readonly remote: RemoteSystem;
}

/** How often and how far back sweeps compare. */
export interface ComparisonSettings {
  /** In this time every row is compared once, whatever has changed; 0: by every sweep. */
  readonly fullEveryMs: number;
  /** How far applications' stamps and clocks may lie before the commit's time. */
  readonly stampMarginMs: number;
  /** At most this percentage of one core of PostgreSQL goes into comparing what has not changed. */
  readonly fullShare: number;
}

export const DEFAULT_COMPARISON: ComparisonSettings = {
  fullEveryMs: 3_600_000,
  stampMarginMs: 600_000,
  fullShare: 5,
};

/** Below it, a workflow for each row costs little, and shows each row's history. */
export const DEFAULT_PAGE_THRESHOLD = 200;

/** What activities need. The composition root (workers/) builds it; tests build their own. */
export interface Dependencies {
  readonly orm: Orm;
  readonly processes: ReadonlyMap<SyncProcessName, ConnectedProcess>;
  /** How long a change must have been visible before a sweep takes it, in milliseconds of the database's clock. */
  readonly settleMs: number;
  /** Left out: {@link DEFAULT_COMPARISON}. */
  readonly comparison?: ComparisonSettings;
  /** With more rows of a type due than this, a sweep delivers them in pages; 0: never. Left out: {@link DEFAULT_PAGE_THRESHOLD}. */
  readonly pageThreshold?: number;
  /** The keys of SYNC_KEY, newest first: all hashes and sealed values are made with keys derived from them. */
  readonly keys: readonly SecretKey[];
  readonly conflictScope: ConflictScope;
  readonly consentPolicy: ConsentPolicy;
  readonly consentScope: ConsentScope;
  /** How many remote records may be missing at once before a human must check. */
  readonly missingLimit: MissingLimit;
  /** How long conflicts and other past events are kept. */
  readonly retentionDays: number;
  /** How long the journal is kept. */
  readonly journalDays: number;
  /** Called before a target is. @throws SyncError if the records are about another account there. */
  readonly assertOwnAccount: (process: SyncProcessName) => Promise<void>;
  /** How much a sweep may remove or change at once before a human must check. */
  readonly brakeLimits: BrakeLimits;
  /** Shared by all workers, so that writes for one address never run at the same time. */
  readonly locks: AdvisoryLocks;
  /** Processes whose schedules run and whose work is only told (SYNC_MODE_…), with a session for their dry runs. */
  readonly shadow?: ReadonlyMap<SyncProcessName, () => Promise<Orm>>;
}
