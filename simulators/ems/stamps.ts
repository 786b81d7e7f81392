import { chance, int } from './rng.ts';
import type { Rng } from './rng.ts';

const HOUR = 3_600_000_000;
const DAY = 24 * HOUR;

/** Microseconds since 1970; below 2^53 until the year 2255, so plain numbers are exact. */
export type EpochMicros = number;

export function toMicros(instant: string): EpochMicros {
  return Number(Temporal.Instant.from(instant).epochNanoseconds / 1000n);
}

/** RFC 3339 in UTC with six fractional digits. */
export function fromMicros(micros: EpochMicros): string {
  return new Temporal.Instant(BigInt(micros) * 1000n).toString({ fractionalSecondDigits: 6 });
}

/** A moment between `days` days before `now` and one hour before it. */
export function pastMoment(rng: Rng, now: EpochMicros, days: number): EpochMicros {
  return int(rng, now - days * DAY, now - HOUR);
}

/**
 * `modified_on` for the rows of one table, in row order.
 *
 * Most rows come from bulk imports, one transaction each, so runs of rows share one timestamp. The others were edited
 * later, some of them one microsecond after the previous row.
 */
export function createStamps(rng: Rng, now: EpochMicros): () => string {
  let imported = 0;
  let leftInImport = 0;
  let previous = 0;
  return () => {
    if (leftInImport === 0) {
      imported = int(rng, now - 300 * DAY, now - 30 * DAY);
      leftInImport = int(rng, 20, 400);
    }
    leftInImport -= 1;
    if (chance(rng, 0.75)) previous = imported;
    else if (previous > 0 && chance(rng, 0.1)) previous += 1;
    else previous = int(rng, imported + 1, now - HOUR);
    return fromMicros(previous);
  };
}
