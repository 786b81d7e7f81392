import type { FieldValue } from '../../sync/canonical-form.ts';
import { instant, type Source } from '../../sync/fields.ts';
import type { Instant } from '../../sync/instant.ts';
import { fieldKind, twoWayKind } from '../field-kinds.ts';
import { formatMinute, parseMinute } from './times.ts';

/** EMS's time truncated to the minute, RunSignup's precision. @throws Unmappable outside the years 1000 to 9999. */
export function minute([column, value]: Source<Instant | null | undefined>): string | null {
  if (value === null || value === undefined || instant([column, value]) === null) return null;
  return formatMinute(value);
}

/** The time for EMS: its own value, with seconds, if it is within the minute. */
function minuteToInstant(value: FieldValue, own: Instant | null | undefined): Instant | null {
  if (typeof value !== 'string') return null;
  return own !== null && own !== undefined && formatMinute(own) === value ? own : parseMinute(value);
}

/** A time to the minute. */
export const MINUTE = twoWayKind(fieldKind<Instant | null>('minute', minute), minuteToInstant);
