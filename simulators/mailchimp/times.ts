const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * Whole seconds, in milliseconds since 1970; undefined for a missing, empty or unreadable text. Accepts ISO 8601 and
 * `2026-09-01 10:00:00`; without a zone it is UTC. If the zone's `+` arrived as a blank, the text is unreadable.
 */
export function momentOf(text: string | undefined): number | undefined {
  const match = ISO.exec(text?.trim() ?? '');
  if (match === null) return undefined;
  const day = match[0].slice(0, 10);
  const time = match[0].slice(11);
  const withZone = match[1] === undefined ? `${day}T${time || '00:00'}Z` : `${day}T${time}`;
  const moment = Date.parse(withZone);
  return Number.isNaN(moment) ? undefined : Math.floor(moment / 1_000) * 1_000;
}
