import type { ScannedPage } from '../database/detection/scan.ts';
import { isAboutNoRow } from './error-mapping.ts';

/**
 * If a row breaks the query, include the step: its pages are then read in parts. So too if the scan did not come to its
 * end: the step's pages go on.
 */
export async function isAny(find: () => Promise<ScannedPage>): Promise<boolean> {
  try {
    const { keys, next } = await find();
    return keys.length > 0 || next !== null;
  } catch (error) {
    if (isAboutNoRow(error)) throw error;
    return true;
  }
}
