import type { FieldValue } from '../../sync/canonical-form.ts';
import { textIn } from '../field-kinds.ts';
import { formatDistance, parseDistance } from './distance.ts';
import { singleSpaced } from './texts.ts';
import { atWall, formatMinute, formatWall, parseMinute, parseWallMinutes, wallOf } from './times.ts';

export type EventForm = 'line' | 'wall' | 'distance';

/** How a value looks in an event of a race. */
interface Form {
  /** @returns undefined for what is not told, or told in words that are not known. */
  readonly read: (told: string | null | undefined, zone: string) => FieldValue;
  /** Null: EMS has no value, and RunSignup's is left alone. */
  readonly write: (value: FieldValue, zone: string) => string | null;
}

export const EVENT_FORMS: Readonly<Record<EventForm, Form>> = {
  line: {
    read: (told) => (told === undefined ? undefined : singleSpaced(told)),
    write: textIn,
  },
  /** A time at the race's place, to the minute. */
  wall: {
    read: (told, zone) => (told ? formatMinute(atWall(parseWallMinutes(told), zone)) : undefined),
    write: (value, zone) => (typeof value === 'string' ? formatWall(wallOf(parseMinute(value), zone)) : null),
  },
  distance: {
    read: (told) => (told?.trim() ? parseDistance(told) : null),
    write: (value) => (typeof value === 'number' ? formatDistance(value) : null),
  },
};
