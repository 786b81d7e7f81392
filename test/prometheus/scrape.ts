import { parseSeries } from './rule-tests.ts';
import { labelsKey, type Labels } from './time-series.ts';

export interface Scraped {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  /** It only grows: a counter, or a part of a histogram. */
  readonly grows: boolean;
}

/** Our own metrics in what a worker serves, by name and labels. */
export function readScrape(text: string): ReadonlyMap<string, Scraped> {
  const types = new Map([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  const lines = text.split('\n').filter((line) => line.startsWith('ems_sync_'));
  return new Map(
    lines.map((line) => {
      const { name, labels } = parseSeries(line);
      const family = name.replace(/_(?:bucket|sum|count)$/, '');
      const type = types.get(name) ?? types.get(family);
      const value = Number(line.slice(line.lastIndexOf(' ') + 1));
      return [keyOf(name, labels), { name, labels, value, grows: type === 'counter' || type === 'histogram' }];
    }),
  );
}

export const keyOf = (name: string, labels: Labels): string => `${name}{${labelsKey(labels)}}`;
