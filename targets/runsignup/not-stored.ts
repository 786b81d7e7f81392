import type { ErrorClass } from '../../sync/error-class.ts';
import { SyncError } from '../../sync/sync-error.ts';

/** RunSignup said yes and kept what it had: some of what is sent it ignores without a word. */
export function notStored(what: string, fields: readonly string[], errorClass: ErrorClass = 'contract'): SyncError {
  const field = fields.join(', ');
  return new SyncError(errorClass, `RunSignup took the edit of ${what} and did not store ${field}`, {
    code: 'not-stored',
    field,
  });
}
