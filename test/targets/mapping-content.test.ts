import { describe, expect, test } from '@jest/globals';
import { canonicalForm } from '../../sync/canonical-form.ts';
import type { EntityMapping } from '../../targets/entity-mapping.ts';
import { TARGETS } from '../../targets/index.ts';
import { sampleColumns, sampleRow, sampleSources, type Columns } from './sample-rows.ts';

/** What functions of mappings look at most: blanks, capitals, and what is in no table of words. */
const UNUSUAL: readonly [string, (value: unknown) => unknown][] = [
  ['as it is', (value) => value],
  ['empty', (value) => (typeof value === 'string' && /^\d+$/.test(value) ? value : null)],
  ['with blanks around', (value) => (typeof value === 'string' && !/^\d+$/.test(value) ? `  ${value} ` : value)],
  ['in capitals', (value) => (typeof value === 'string' ? value.toUpperCase() : value)],
];

/** Content, or the column that parks the row: one column changed at a time, so that one that parks hides no other. */
function madeOf(mapping: EntityMapping, change: (value: unknown) => unknown): Readonly<Record<string, unknown>> {
  const row = sampleRow(mapping.type, 1) as unknown as Columns;
  const outcomes = sampleColumns(mapping.type).map((column) => {
    const outcome = mapping.map(
      sampleRow(mapping.type, 1, { [column]: change(row[column]) }),
      sampleSources(mapping, 3),
    );
    return [column, outcome.kind === 'mapped' ? canonicalForm(outcome.content) : outcome] as const;
  });
  return Object.fromEntries(outcomes);
}

/**
 * A mapping's version sees what is declared, and not what is inside a function. The name of each snapshot has the version in it:
 * a field more is a new snapshot, which is written by itself; content that changes under an unchanged version fails here.
 * Then raise `rules` of that mapping, so that its pairs are judged again, and do not update the snapshot.
 */
describe.each(TARGETS.map(({ process }) => [process.name, process.mappings] as const))('%s', (_, mappings) => {
  test.each(mappings.map((mapping) => [mapping.type, mapping] as const))(
    '%s makes of sample rows what its version made of them',
    (__, mapping) => {
      const made = Object.fromEntries(UNUSUAL.map(([name, change]) => [name, madeOf(mapping, change)]));
      const view = mapping.inbound?.view(sampleRow(mapping.type, 1), sampleSources(mapping, 3));
      expect({ made, view: canonicalForm(view) }).toMatchSnapshot(mapping.version);
    },
  );
});
