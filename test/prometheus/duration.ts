const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** @param text as Prometheus has it, for example `15m`. @throws Error if it is none. */
export function durationSeconds(text: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const seconds = SECONDS[unit];
  if (count === undefined || seconds === undefined) throw new Error(`no duration: ${text}`);
  return Number(count) * seconds;
}
