import { Cron } from 'croner';

/** Second, minute, hour, day of month, month, day of week, year. */
export type CronFields = readonly string[];

const FIELD = /^(\*|\d+|[A-Z]{3,9})(-(\d+|[A-Z]{3,9}))?(\/\d+)?$/i;

/**
 * Parses a cron expression as Temporal does: 5 fields (minute first), 6 (year last) or 7 (seconds first, year last).
 * Day of month and day of week must both match. Times are UTC.
 *
 * @throws RangeError whose message continues the setting's name.
 */
export function parseCron(expression: string): { readonly fields: CronFields; readonly namesSeconds: boolean } {
  const given = expression.trim().split(/\s+/);
  if (
    given.length < 5 ||
    given.length > 7 ||
    given.some((field) => field.split(',').some((part) => !FIELD.test(part)))
  ) {
    throw new RangeError(`must be a cron expression of 5 to 7 fields, for example "* * * * *", not "${expression}"`);
  }
  const namesSeconds = given.length === 7;
  const fields = [...(namesSeconds ? [] : ['0']), ...given, ...(given.length === 5 ? ['*'] : [])];
  const [next] = nextTimes(fields, 1);
  if (next === undefined) throw new RangeError(`never comes true: "${expression}"`);
  return { fields, namesSeconds };
}

/**
 * The next times of an expression, fewer if it ends.
 *
 * @throws RangeError if a field is out of range.
 */
export function nextTimes(fields: CronFields, count: number, after: Date = new Date()): Date[] {
  try {
    return cronOf(fields).nextRuns(count, after);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error);
    throw new RangeError(`is no cron expression that Temporal takes: ${reason}`, { cause: error });
  }
}

/** Enough to find a weekend between times that are five minutes apart. */
const TIMES_LOOKED_AT = 2_000;

/** The longest time between two times of an expression in seconds, as far as the next ones tell. */
export function longestGapSeconds(expression: string): number {
  const { fields } = parseCron(expression);
  if (fields.slice(1).every((field) => field === '*')) return 60;
  const times = nextTimes(fields, TIMES_LOOKED_AT).map((time) => time.getTime());
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
  return Math.max(60, Math.round(Math.max(0, ...gaps) / 1_000));
}

export function isTimeOf(fields: CronFields, time: Date): boolean {
  return cronOf(fields).match(time);
}

function cronOf(fields: CronFields): Cron {
  return new Cron(fields.join(' '), { paused: true, timezone: 'UTC', mode: '7-part', domAndDow: true });
}
