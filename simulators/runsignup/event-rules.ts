import { RunSignupError } from './error-codes.ts';
import { looseFlag, looseInt, looseText } from './loose.ts';
import type { Race, RaceEvent } from './records.ts';
import { parseWallTime, wallToSeconds } from './times.ts';

export interface EventContext {
  readonly race: Race;
  /** The race's events before the write. */
  readonly byId: ReadonlyMap<number, RaceEvent>;
  readonly allowPast: boolean;
  /** Unix seconds. */
  readonly now: number;
}

/** An event as sent; one without an id is new, and its edition is not yet decided. */
export type SentEvent = Omit<RaceEvent, 'eventId' | 'raceEventDaysId'> & { readonly eventId: number | undefined };

/**
 * The whole event as sent: missing fields become null or their default.
 * @throws RunSignupError 218 to 223, 227 and 228
 */
export function eventOf(
  sent: Readonly<Record<string, unknown>>,
  { race, byId, allowPast, now }: EventContext,
): SentEvent {
  const eventId = looseInt(sent['event_id'], 223) ?? undefined;
  const before = eventId === undefined ? undefined : byId.get(eventId);
  if (eventId !== undefined && before === undefined) throw new RunSignupError(223);

  const name = looseText(sent['name'], 218, true) ?? null;
  if (name === null || name.length > 128) throw new RunSignupError(218);
  const startText = looseText(sent['start_time'], 220, true) ?? null;
  if (startText === null) throw new RunSignupError(219);
  const start = parseWallTime(startText, race.timezone);
  if (start === undefined) throw new RunSignupError(220);
  if (eventId === undefined && !allowPast && wallToSeconds(start, race.timezone) < now) throw new RunSignupError(227);

  const endText = looseText(sent['end_time'], 220, true) ?? null;
  const end = endText === null ? null : parseWallTime(endText, race.timezone);
  if (end === undefined || (end !== null && end < start)) throw new RunSignupError(220);

  const eventType = looseText(sent['event_type'], 228, true) ?? 'running_race';
  if (!/^[a-z]+(_[a-z]+)*$/.test(eventType)) throw new RunSignupError(228);
  return {
    eventId,
    raceId: race.raceId,
    name,
    details: looseText(sent['details'], 11, false) ?? null,
    start,
    end,
    eventType,
    distance: looseText(sent['distance'], 11, true) ?? null,
    volunteer: looseFlag(sent['volunteer']),
    giveaways: before?.giveaways ?? [],
  };
}
