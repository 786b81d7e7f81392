import type { Difference } from '../sync/compared-record.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { compareRecords, findExtra } from './compare-records.ts';
import { processContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';

/** Records compared between two heartbeats. */
const PAGE_SIZE = 200;

const EXAMPLES = 20;

/** What a comparison of everything that a process manages at its target has found. */
export interface ComparedTarget {
  readonly compared: number;
  readonly differing: Readonly<Partial<Record<Difference, number>>>;
  /** The first ones: `missing Person/4711`. */
  readonly examples: readonly string[];
}

/** Where another attempt goes on. */
export interface ComparePlace {
  /** Among the types of the process. */
  readonly type: number;
  /** Our records are done; what is extra at the target is being listed. */
  readonly isExtra: boolean;
  readonly after: string | null;
  readonly found: ComparedTarget;
}

const BEGINNING: ComparePlace = {
  type: 0,
  isExtra: false,
  after: null,
  found: { compared: 0, differing: {}, examples: [] },
};

/**
 * Compares all that the process manages at its target with EMS, page by page. Nothing is written.
 *
 * @param place from an attempt that did not end; null: from the beginning
 * @param onPlace told after each page
 * @throws SyncError if the target cannot be read.
 */
export async function compareTarget(
  dependencies: Dependencies,
  { process }: { readonly process: SyncProcessName },
  { place, onPlace }: { readonly place: ComparePlace | null; readonly onPlace: (place: ComparePlace) => void },
): Promise<ComparedTarget> {
  const types = processContext(dependencies, { process }).process.mappings.map(({ type }) => type);
  let { type: index, isExtra, after, found } = place ?? BEGINNING;
  while (index < types.length) {
    const type = types[index];
    if (type === undefined) break;
    const page = await (isExtra ? findExtra : compareRecords)(dependencies, { process, type, after, limit: PAGE_SIZE });
    const differing: Partial<Record<Difference, number>> = { ...found.differing };
    for (const { difference } of page.differing) differing[difference] = (differing[difference] ?? 0) + 1;
    const named = page.differing.map((one) => `${one.difference} ${one.type}/${one.key}`);
    found = {
      compared: found.compared + (isExtra ? 0 : page.compared),
      differing,
      examples: [...found.examples, ...named].slice(0, EXAMPLES),
    };
    after = page.next;
    if (after === null) {
      if (isExtra) index += 1;
      isExtra = !isExtra;
    }
    onPlace({ type: index, isExtra, after, found });
  }
  return found;
}
