/** The zone of all RunSignup times except the start and end of an event. */
export const EASTERN = 'America/New_York';

const MINUTES = /^(?<month>\d{1,2})\/(?<day>\d{1,2})\/(?<year>\d{4}) (?<hour>\d{1,2}):(?<minute>\d{2})$/;
const DAY = /^(?<month>\d{1,2})\/(?<day>\d{1,2})\/(?<year>\d{4})$/;
const SECONDS = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/;
const ISO_MINUTE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z$/;

/**
 * `1/11/2019 01:58` as a wall time, in the field's own zone.
 *
 * @throws RangeError for any other form.
 */
export function parseWallMinutes(text: string): Temporal.PlainDateTime {
  const { month, day, year, hour, minute } = MINUTES.exec(text.trim())?.groups ?? {};
  if (month === undefined) throw new RangeError('is no time as RunSignup writes it');
  return Temporal.PlainDateTime.from(
    { month: Number(month), day: Number(day), year: Number(year), hour: Number(hour), minute: Number(minute) },
    { overflow: 'reject' },
  );
}

/** `2021-09-07 15:15:22` as a wall time. @throws RangeError for any other form. */
export function parseWallSeconds(text: string): Temporal.PlainDateTime {
  if (!SECONDS.test(text.trim())) throw new RangeError('is no time as RunSignup writes it');
  return Temporal.PlainDateTime.from(text.trim().replace(' ', 'T'), { overflow: 'reject' });
}

/** `03/20/2019`, a day at the race's place. @throws RangeError for any other form. */
export function parseDay(text: string): Temporal.PlainDate {
  const { month, day, year } = DAY.exec(text.trim())?.groups ?? {};
  if (month === undefined) throw new RangeError('is no date as RunSignup writes it');
  return Temporal.PlainDate.from(
    { month: Number(month), day: Number(day), year: Number(year) },
    { overflow: 'reject' },
  );
}

/** Unix seconds. @throws RangeError outside the supported years. */
export function fromUnixSeconds(seconds: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(seconds * 1_000);
}

/** Whole Unix seconds, rounded down: a watermark must not be too late. */
export function toUnixSeconds(rfc3339: string): number {
  return Math.floor(Temporal.Instant.from(rfc3339).epochMilliseconds / 1_000);
}

/**
 * The instant of a wall time. In the repeated hour of autumn the first occurrence counts; a time in the skipped hour of
 * spring is shifted forward. RunSignup returns no offset, so a rule must decide.
 *
 * @throws RangeError for an unknown zone.
 */
export function atWall(wall: Temporal.PlainDateTime, zone: string): Temporal.Instant {
  return wall.toZonedDateTime(zone, { disambiguation: 'compatible' }).toInstant();
}

/** The local wall time, to the minute. @throws RangeError for an unknown zone. */
export function wallOf(instant: Temporal.Instant, zone: string): Temporal.PlainDateTime {
  return instant.toZonedDateTimeISO(zone).toPlainDateTime().round({ smallestUnit: 'minute', roundingMode: 'floor' });
}

/** A wall time in the format that RunSignup accepts, `2014-06-07 08:30:00`. */
export function formatWall(wall: Temporal.PlainDateTime): string {
  return wall.toString({ smallestUnit: 'second' }).replace('T', ' ');
}

/** `2027-06-07T12:30Z`: the notation for both sides, because RunSignup stores minutes. */
export function formatMinute(instant: Temporal.Instant): string {
  return instant.toString({ smallestUnit: 'minute', roundingMode: 'floor' });
}

/** The instant of {@link formatMinute}. @throws RangeError for any other text. */
export function parseMinute(text: string): Temporal.Instant {
  if (!ISO_MINUTE.test(text)) throw new RangeError('is no minute in UTC');
  return Temporal.Instant.from(text);
}

/** The later of two RFC 3339 times; null counts as none. */
export function latest(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other;
  return Temporal.Instant.compare(one, other) < 0 ? other : one;
}
