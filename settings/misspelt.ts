/** Names that differ by at most this many letters are taken for a typing mistake. */
const LETTERS = 2;

/** Shorter names are too alike. */
const SHORTEST = 8;

/**
 * Variables that are set and whose names are nearly, but not exactly, those of a setting: one line each, with the nearest
 * valid name. Anything else in the environment is somebody else's.
 */
export function misspelt(
  environment: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): string[] {
  const valid = new Set([...known, ...known.map((name) => `${name}_FILE`)]);
  return Object.entries(environment).flatMap(([name, value]) => {
    if (valid.has(name) || name.length < SHORTEST || value === undefined || value.trim() === '') return [];
    const near = nearest(name.toUpperCase(), valid);
    return near === null ? [] : [`${name} is no setting: did you mean ${near}?`];
  });
}

function nearest(name: string, valid: Iterable<string>): string | null {
  let best: string | null = null;
  let distance = LETTERS + 1;
  for (const candidate of valid) {
    if (Math.abs(candidate.length - name.length) >= distance) continue;
    const found = distanceOf(name, candidate);
    if (found < distance) [best, distance] = [candidate, found];
  }
  return best;
}

/** Letters to insert, to remove, to replace or to swap with their neighbour (Damerau-Levenshtein, restricted). */
function distanceOf(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= other.length; j += 1) {
      const same = one[i - 1] === other[j - 1];
      let least = Math.min((row[j - 1] ?? 0) + 1, (last[j] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (isSwap) least = Math.min(least, (beforeLast[j - 2] ?? 0) + 1);
      row.push(least);
    }
    [beforeLast, last] = [last, row];
  }
  return last[other.length] ?? 0;
}
