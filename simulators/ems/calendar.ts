/** Times of the sample's events, as `YYYY-MM-DDTHH:MM:SSZ`. All are relative to the given day, never to a clock. */

function text(moment: Temporal.ZonedDateTime): string {
  return moment.toInstant().toString({ fractionalSecondDigits: 0 });
}

/** Local midnight of the first Saturday that is at least `days` days after (or, negative, before) `today`. */
export function saturday(today: Temporal.PlainDate, days: number, timeZone: string): Temporal.ZonedDateTime {
  const earliest = today.add({ days });
  return earliest.add({ days: (13 - earliest.dayOfWeek) % 7 }).toZonedDateTime({ timeZone });
}

/** `day` days and `time` (local, `HH:MM`) after a local midnight. */
export function at(midnight: Temporal.ZonedDateTime, day: number, time: string): string {
  return text(midnight.add({ days: day }).withPlainTime(time));
}

/** The moment `minutes` after the given one. */
export function after(moment: string, minutes: number): string {
  return Temporal.Instant.from(moment).add({ minutes }).toString({ fractionalSecondDigits: 0 });
}

/**
 * The next moment after `today` at which the zone's clocks go back (an hour of local time occurs twice) or forward (an
 * hour is skipped). Throws for a zone without daylight saving.
 */
export function clockChange(today: Temporal.PlainDate, timeZone: string, direction: 'back' | 'forward'): string {
  let from = today.toZonedDateTime({ timeZone });
  for (let transitions = 0; transitions < 4; transitions += 1) {
    const next = from.getTimeZoneTransition('next');
    if (!next) break;
    const offsetBefore = next.subtract({ seconds: 1 }).offsetNanoseconds;
    if (next.offsetNanoseconds < offsetBefore === (direction === 'back')) return text(next);
    from = next;
  }
  throw new Error(`${timeZone} has no clock change ${direction} ahead: give the event another time zone.`);
}
