import { describe, expect, test } from '@jest/globals';
import { isUnread, unreadText } from '../../sync/fields.ts';
import { TARGETS } from '../../targets/index.ts';
import { sampleColumns, sampleRow, sampleSources, type Columns } from './sample-rows.ts';

const UNREAD = unreadText({ limit: 20_000, id: '1' });

/** Whatever is sent of a text that was not read: it must be nothing. */
const shows = (content: unknown): boolean =>
  isUnread(JSON.stringify(content).replaceAll(JSON.stringify(UNREAD).slice(1, -1), UNREAD));

describe.each(TARGETS.map(({ process }) => [process.name, process.mappings] as const))(
  '%s sends nothing of a text that was too long to be read',
  (_, mappings) => {
    test.each(mappings.map((mapping) => [mapping.type, mapping] as const))('%s', (__, mapping) => {
      const row = new Map(Object.entries(sampleRow(mapping.type, 1) as unknown as Columns));
      const texts = sampleColumns(mapping.type).filter((column) => typeof row.get(column) === 'string');
      for (const column of texts.filter((name) => !name.endsWith('Id'))) {
        const changed = sampleRow(mapping.type, 1, { [column]: UNREAD });
        const sources = sampleSources(mapping, 3);
        const outcome = mapping.map(changed, sources);
        expect([column, shows(outcome)]).toEqual([column, false]);
        expect([column, shows(mapping.sendable(changed, sources))]).toEqual([column, false]);
        expect([column, shows(mapping.inbound?.view(changed, sources) ?? {})]).toEqual([column, false]);
        if (outcome.kind === 'parked')
          expect(outcome.reason).toMatch(/has more than 20000 bytes, and was not read|^is /);
      }
      const sources: Readonly<Record<string, readonly object[]>> = sampleSources(mapping, 3);
      for (const [name, rows] of Object.entries(sources)) {
        for (const column of new Set(rows.flatMap(textsIn))) {
          const changed = { ...sources, [name]: rows.map((one) => ({ ...one, [column]: UNREAD })) };
          const outcome = mapping.map(sampleRow(mapping.type, 1), changed as never);
          expect([name, column, shows(outcome)]).toEqual([name, column, false]);
        }
      }
    });
  },
);

const textsIn = (row: object): readonly string[] =>
  Object.entries(row).flatMap(([name, value]) =>
    typeof value === 'string' && !/^id$|Id$|On$/.test(name) ? [name] : [],
  );
