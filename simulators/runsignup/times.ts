/** The zone of all of RunSignup's times except event starts and ends. */
const EASTERN = 'America/New_York';

const two = (value: number): string => String(value).padStart(2, '0');

const easternOf = (seconds: number): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(seconds * 1000).toZonedDateTimeISO(EASTERN);

const minutes = (time: Temporal.PlainDateTime | Temporal.ZonedDateTime): string =>
  `${time.month}/${time.day}/${time.year} ${two(time.hour)}:${two(time.minute)}`;

/** Unix seconds as `1/11/2019 01:58`, US Eastern; ambiguous in the repeated hour of autumn. */
export const easternMinutes = (seconds: number): string => minutes(easternOf(seconds));

/** Unix seconds as `2021-09-07 15:15:22`, US Eastern. */
export const easternSeconds = (seconds: number): string =>
  easternOf(seconds).toPlainDateTime().toString({ smallestUnit: 'second' }).replace('T', ' ');

/** A wall time as `3/20/2019 09:00`. */
export const wallMinutes = (wall: string): string => minutes(Temporal.PlainDateTime.from(wall));

/** A date or wall time as `03/20/2019`. */
export const usDate = (text: string): string => {
  const date = Temporal.PlainDate.from(text);
  return `${two(date.month)}/${two(date.day)}/${date.year}`;
};

/** Today in a zone, `YYYY-MM-DD`. */
export const todayIn = (zone: string, seconds: number): string =>
  Temporal.Instant.fromEpochMilliseconds(seconds * 1000)
    .toZonedDateTimeISO(zone)
    .toPlainDate()
    .toString();

export const todayEastern = (seconds: number): string => todayIn(EASTERN, seconds);

/** `YYYY-MM-DD` from `2027-06-07`, `6/7/2027` or `today`; undefined for anything else. */
export function parseDate(text: string, nowSeconds: number): string | undefined {
  if (text === 'today') return todayEastern(nowSeconds);
  const us = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  const iso = us === null ? text : `${us[3]}-${String(us[1]).padStart(2, '0')}-${String(us[2]).padStart(2, '0')}`;
  return /^\d{4}-\d{2}-\d{2}$/.test(iso) && isDate(iso) ? iso : undefined;
}

export function isDate(text: string): boolean {
  try {
    return Temporal.PlainDate.from(text).toString() === text;
  } catch {
    return false;
  }
}

/**
 * The wall time from `2014-06-07 08:30:00`, to the minute. A time in the hour skipped in spring is shifted forward, as
 * PHP does; one in the hour repeated in autumn stays as written. Undefined for any other format.
 */
export function parseWallTime(text: string, zone: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}(:\d{2})?$/.test(text)) return undefined;
  try {
    return Temporal.PlainDateTime.from(text.replace(' ', 'T'), { overflow: 'reject' })
      .toZonedDateTime(zone, { disambiguation: 'compatible' })
      .toPlainDateTime()
      .toString({ smallestUnit: 'minute' });
  } catch {
    return undefined;
  }
}

/** Unix seconds of a wall time; the earlier one in the repeated hour. */
export const wallToSeconds = (wall: string, zone: string): number =>
  Math.floor(Temporal.PlainDateTime.from(wall).toZonedDateTime(zone).epochMilliseconds / 1000);

export function isZone(name: string): boolean {
  try {
    return /^[A-Z][A-Za-z_]+(\/[A-Za-z_+\-0-9]+)*$/.test(name) && Temporal.Now.zonedDateTimeISO(name) !== undefined;
  } catch {
    return false;
  }
}

/** Full years between the two dates, both `YYYY-MM-DD` or longer. */
export const ageOn = (dob: string, day: string): number =>
  Temporal.PlainDate.from(dob).until(Temporal.PlainDate.from(day), { largestUnit: 'year' }).years;
