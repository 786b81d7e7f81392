import { scanDue, type Scan, type ScannedPage, type ScanRequest } from '../database/detection/scan.ts';
import type { TypeContext } from './context.ts';
import { isAboutNoRow } from './error-mapping.ts';

/** What is due of what has changed; `spoilt`: a row breaks the query. */
export type FoundDue = ScannedPage | 'spoilt';

/** As many due rows as answer every question of a plan: what has changed is read once for all of them. */
export async function findSome({ orm, detection }: TypeContext, page: ScanRequest): Promise<FoundDue> {
  try {
    return await scanDue(orm.em.fork(), detection, page);
  } catch (error) {
    if (isAboutNoRow(error)) throw error;
    return 'spoilt';
  }
}

export const isFound = (found: FoundDue): boolean => found === 'spoilt' || found.keys.length > 0 || found.next !== null;

/** Restricts a further look to the rows that were found, if these are all that are due. */
export const among = (found: FoundDue | null): Pick<Scan, 'recent'> =>
  found === null || found === 'spoilt' || found.next !== null ? {} : { recent: found.keys };
