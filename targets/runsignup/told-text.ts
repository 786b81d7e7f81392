import { z } from 'zod';
import { SyncError } from '../../sync/sync-error.ts';

/** A text of digits only may come as a number. */
const text = z.union([z.string(), z.number().transform(String)]).nullish();

/**
 * A text as RunSignup tells it: undefined is left out, null is empty.
 *
 * @param field where it stands, for example `user.first_name`.
 * @throws SyncError of class `contract` for what is no text.
 */
export function toldText(value: unknown, field: string): string | null | undefined {
  const told = text.safeParse(value);
  if (told.success) return told.data;
  throw new SyncError('contract', `RunSignup's answer does not fit the contract at ${field}`, {
    code: 'contract',
    field,
  });
}
