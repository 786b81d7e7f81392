import { describe, expect, test } from '@jest/globals';
import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import type { EntityMapping } from '../../targets/entity-mapping.ts';
import { TARGETS } from '../../targets/index.ts';
import { sampleColumns, sampleRow, sampleSources, type Columns } from './sample-rows.ts';

/** Values that mapping functions treat specially: blanks, capitals, and words that are in no table. */
const UNUSUAL: readonly [string, (value: unknown) => unknown][] = [
  ['empty', (value) => (typeof value === 'string' && /^\d+$/.test(value) ? value : null)],
  ['with blanks around', (value) => (typeof value === 'string' && !/^\d+$/.test(value) ? `  ${value} ` : value)],
  ['in capitals', (value) => (typeof value === 'string' ? value.toUpperCase() : value)],
];

const contentOf = (mapping: EntityMapping, changed: Columns) => {
  const outcome = mapping.map(sampleRow(mapping.type, 1, changed), sampleSources(mapping, 3));
  return outcome.kind === 'mapped' ? fieldsOf(outcome.content) : { ...outcome };
};

const fieldsOf = (content: Content): Columns =>
  Object.fromEntries(Object.entries(content).map(([name, value]) => [name, canonicalForm(value)]));

/** By column: the fields that differ when only that column changes, or why the row is then parked. */
function changesOf(mapping: EntityMapping, change: (value: unknown) => unknown): Columns {
  const row = sampleRow(mapping.type, 1) as unknown as Columns;
  const before: Columns = contentOf(mapping, {});
  const changes = sampleColumns(mapping.type).map((column) => {
    const after: Columns = contentOf(mapping, { [column]: change(row[column]) });
    const others = Object.entries(after).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name]),
    );
    return [column, Object.fromEntries(others)] as const;
  });
  return Object.fromEntries(changes.filter(([, others]) => Object.keys(others).length > 0));
}

/**
 * A mapping's version covers its declaration, but not the code inside functions. The name of each snapshot contains the
 * version: an added field is a new snapshot, which is written automatically; content that changes under an unchanged
 * version fails here. In that case raise `rules` of that mapping, so that its pairs are evaluated again, and do not
 * update the snapshot.
 */
describe.each(TARGETS.map(({ process }) => [process.name, process.mappings] as const))('%s', (_, mappings) => {
  test.each(mappings.map((mapping) => [mapping.type, mapping] as const))(
    '%s makes of sample rows what its version made of them',
    (__, mapping) => {
      const view = fieldsOf(mapping.inbound?.view(sampleRow(mapping.type, 1), sampleSources(mapping, 3)) ?? {});
      const changes = Object.fromEntries(UNUSUAL.map(([name, change]) => [name, changesOf(mapping, change)]));
      expect({ content: contentOf(mapping, {}), view, changes }).toMatchSnapshot(mapping.version);
    },
  );
});
