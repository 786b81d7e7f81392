import { compareRecords, findExtra } from '../../activities/compare-records.ts';
import type { CommonSettings } from '../../settings/schema.ts';
import type { EnabledTarget } from '../../settings/read-settings.ts';
import type { DifferingRecord } from '../../sync/compared-record.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import { inScratch } from './in-scratch.ts';

/** Records compared between two looks at progress. */
const PAGE_SIZE = 200;

export interface CompareOptions {
  readonly common: CommonSettings;
  readonly enabled: EnabledTarget;
  readonly types: readonly EntityType[];
  /** Goes on after this row of the first type. */
  readonly from: EntityKey | null;
  readonly onPage: (page: ComparedSoFar) => Promise<void> | void;
}

export interface ComparedSoFar {
  readonly type: EntityType;
  readonly compared: number;
  readonly differing: readonly DifferingRecord[];
  /** The last row compared; null: all of the type, or what is extra. */
  readonly upTo: EntityKey | null;
}

/**
 * Compares everything that we manage at a target with EMS, type after type: first our records, then what is extra there.
 * Nothing is written.
 *
 * @throws SyncError if the target cannot be read.
 */
export function compareProcess({ common, enabled, types, from, onPage }: CompareOptions): Promise<void> {
  const { name } = enabled.target.process;
  return inScratch({ common, enabled }, async (dependencies) => {
    for (const [index, type] of types.entries()) {
      for (const compare of [compareRecords, findExtra]) {
        let after: string | null = index === 0 && compare === compareRecords ? from : null;
        do {
          const page = await compare(dependencies, { process: name, type, after, limit: PAGE_SIZE });
          after = page.next;
          const { compared, differing } = page;
          await onPage({ type, compared, differing, upTo: compare === compareRecords ? after : null });
        } while (after !== null);
      }
    }
  });
}
