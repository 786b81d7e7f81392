export type Labels = Readonly<Record<string, string>>;

/** Null: the series ended there, as when its target could not be scraped. */
export interface Point {
  readonly seconds: number;
  readonly value: number | null;
}

export interface Series {
  readonly name: string;
  readonly labels: Labels;
  readonly points: Point[];
}

/** A query of now does not see what is older. */
const LOOKBACK_SECONDS = 300;

export const labelsKey = (labels: Labels): string =>
  Object.entries(labels)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(',');

/** What Prometheus has stored. Points are added in the order of their time. */
export class TimeSeries {
  readonly #series = new Map<string, Series>();

  add(name: string, labels: Labels, point: Point): void {
    const key = `${name}{${labelsKey(labels)}}`;
    const series = this.#series.get(key) ?? { name, labels, points: [] };
    this.#series.set(key, series);
    series.points.push(point);
  }

  /** Every series; also those without a point of now. */
  all(): readonly Series[] {
    return [...this.#series.values()];
  }

  named(name: string): readonly Series[] {
    return this.all().filter((series) => series.name === name);
  }
}

/** The newest value of at most five minutes ago; null: there is none, or the series has ended. */
export function valueAt({ points }: Series, seconds: number): number | null {
  const point = points.findLast((one) => one.seconds <= seconds);
  return point === undefined || point.seconds <= seconds - LOOKBACK_SECONDS ? null : point.value;
}

/** Its values within a range that ends now; the range's beginning is not part of it. */
export const pointsWithin = ({ points }: Series, { from, to }: { readonly from: number; readonly to: number }) =>
  points.flatMap(({ seconds, value }) =>
    seconds > from && seconds <= to && value !== null ? [{ seconds, value }] : [],
  );
