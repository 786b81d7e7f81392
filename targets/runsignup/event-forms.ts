import type { FieldValue } from '../../sync/canonical-form.ts';
import { textIn } from '../field-kinds.ts';
import { formatDistance, parseDistance } from './distance.ts';
import { singleSpaced } from './texts.ts';
import { atWall, formatMinute, formatWall, parseMinute, parseWallMinutes, wallOf } from './times.ts';

export type EventForm = 'line' | 'wall' | 'distance';

/** The form of a value in an event of a race. */
interface Form {
  /** @returns undefined if the value is missing or in an unknown form. */
  readonly read: (told: string | null | undefined, zone: string) => FieldValue;
  /** Null: EMS has no value, so RunSignup's is kept. */
  readonly write: (value: FieldValue, zone: string) => string | null;
}

export const EVENT_FORMS: Readonly<Record<EventForm, Form>> = {
  line: {
    read: (told) => (told === undefined ? undefined : singleSpaced(told)),
    write: textIn,
  },
  /** A local time at the race, to the minute. */
  wall: {
    read: (told, zone) => (told ? formatMinute(atWall(parseWallMinutes(told), zone)) : undefined),
    write: (value, zone) => (typeof value === 'string' ? formatWall(wallOf(parseMinute(value), zone)) : null),
  },
  distance: {
    read: (told) => (told?.trim() ? parseDistance(told) : null),
    write: (value) => (typeof value === 'number' ? formatDistance(value) : null),
  },
};
