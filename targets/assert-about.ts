import { SyncError } from '../sync/sync-error.ts';
import type { HttpAnswer } from './http.ts';

/**
 * Compares the id in an answer with the one that was asked for. A cache or a proxy that mixes answers up would otherwise
 * put one person's data into another's record.
 *
 * @param field where the answer has its id.
 * @throws SyncError of class `contract`: nothing may be concluded from the answer, and another attempt may get its own.
 */
export function assertAbout(
  { target, what }: Pick<HttpAnswer, 'target' | 'what'>,
  { field, asked, answered }: { readonly field: string; readonly asked: string; readonly answered: string },
): void {
  if (answered === asked) return;
  throw new SyncError('contract', `${target}'s answer to ${what} is about another record`, { code: 'contract', field });
}
