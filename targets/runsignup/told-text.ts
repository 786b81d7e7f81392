import { z } from 'zod';
import { SyncError } from '../../sync/sync-error.ts';

/** A text of only digits may be returned as a number. */
const text = z.union([z.string(), z.number().transform(String)]).nullish();

/**
 * A text returned by RunSignup: undefined if missing, null if empty.
 *
 * @param field its path, for example `user.first_name`.
 * @throws SyncError of class `contract` if it is not text.
 */
export function toldText(value: unknown, field: string): string | null | undefined {
  const told = text.safeParse(value);
  if (told.success) return told.data;
  throw new SyncError('contract', `RunSignup's answer does not fit the contract at ${field}`, {
    code: 'contract',
    field,
  });
}
