import { keyOf, type Scraped } from './scrape.ts';
import { TimeSeries, type Labels } from './time-series.ts';

/** A day: rules look back as far. */
export const FIRST_MINUTE = 24 * 60;

type Scrape = ReadonlyMap<string, Scraped>;

/**
 * Puts real scrapes on a time axis of minutes, so that seconds of a real system become hours of what Prometheus stores.
 * A minute may be lived again: then what grew in it grows on as much, and what happened in it happens each minute.
 */
export class SceneAxis {
  readonly store = new TimeSeries();
  /** The next minute. */
  minute = FIRST_MINUTE;
  #before: Scrape = new Map();
  /** When a minute of the axis ended in reality. */
  readonly #marks: { readonly realSeconds: number; readonly seconds: number }[] = [];
  #series: ReadonlySet<string> = new Set();

  /**
   * @param scrape null: the worker does not answer.
   * @param realSeconds of the scrape, since 1970
   */
  add(scrape: Scrape | null, realSeconds: number, times = 1): void {
    this.#mark(realSeconds, this.minute);
    for (let n = 0; n < times; n += 1) {
      const seconds = 60 * this.minute;
      this.store.add('up', { job: 'ems-sync-workers' }, { seconds, value: scrape === null ? 0 : 1 });
      for (const one of scrape?.values() ?? [])
        this.store.add(one.name, one.labels, { seconds, value: this.#valueOf(one, n) });
      if (n === 0) this.#endSeries(scrape ?? new Map(), seconds);
      this.minute += 1;
    }
    // What happens from now on happens after the last of these minutes.
    if (times > 1) this.#mark(realSeconds + 0.001, this.minute - 1);
    this.#before = scrape ?? new Map();
  }

  #mark(realSeconds: number, minute: number): void {
    this.#marks.push({ realSeconds, seconds: 60 * minute });
  }

  #valueOf({ name, labels, value, grows }: Scraped, again: number): number {
    const before = this.#before.get(keyOf(name, labels))?.value ?? 0;
    if (grows) return value + again * Math.max(0, value - before);
    if (!name.endsWith('_timestamp_seconds') || value === 0) return value;
    return this.#onAxis(value) + (value === before ? 0 : 60 * again);
  }

  /** Where a moment lies on the axis. */
  #onAxis(realSeconds: number): number {
    const index = this.#marks.findIndex((mark) => mark.realSeconds >= realSeconds);
    const [from, to] = [this.#marks[index - 1], this.#marks[index]];
    if (to === undefined) return this.#marks.at(-1)?.seconds ?? 0;
    if (from === undefined) return to.seconds;
    const share = (realSeconds - from.realSeconds) / (to.realSeconds - from.realSeconds);
    return from.seconds + share * (to.seconds - from.seconds);
  }

  /** As Prometheus does with series that a scrape does not have any more. */
  #endSeries(scrape: Scrape, seconds: number): void {
    const now = new Set([...scrape.values()].map(({ name, labels }) => JSON.stringify({ ...labels, name })));
    for (const key of this.#series) {
      if (now.has(key)) continue;
      const { name, ...labels } = JSON.parse(key) as Labels & { readonly name: string };
      this.store.add(name, labels, { seconds, value: null });
    }
    this.#series = now;
  }
}
