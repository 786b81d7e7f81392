import type { ErrorClass } from '../../sync/error-class.ts';
import { SyncError } from '../../sync/sync-error.ts';

/** RunSignup accepted the write but kept the old value: it silently ignores some of what is sent. */
export function notStored(what: string, fields: readonly string[], errorClass: ErrorClass = 'contract'): SyncError {
  const field = fields.join(', ');
  return new SyncError(errorClass, `RunSignup took the edit of ${what} and did not store ${field}`, {
    code: 'not-stored',
    field,
  });
}
