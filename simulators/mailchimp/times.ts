const ISO = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * Milliseconds since 1970 of whole seconds; undefined for what is missing, empty or unreadable. ISO 8601, or
 * `2026-09-01 10:00:00`; without a zone it is UTC. A `+` of the zone that became a blank on its way is unreadable.
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
