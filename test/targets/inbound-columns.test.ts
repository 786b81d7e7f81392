import { describe, expect, test } from '@jest/globals';
import fc from '../seeded-fast-check.ts';
import type { FieldValue } from '../../sync/canonical-form.ts';
import { inboundColumns } from '../../targets/inbound-columns.ts';
import { TARGETS } from '../../targets/index.ts';

const columns = inboundColumns(TARGETS);
const mappings = TARGETS.flatMap(({ process }) => process.mappings.map((mapping) => ({ name: process.name, mapping })));
const readBack = mappings.flatMap(({ name, mapping }) =>
  mapping.inbound === null ? [] : [{ name: `${name} ${mapping.type}`, mapping, inbound: mapping.inbound }],
);

const values: fc.Arbitrary<FieldValue> = fc.constantFrom<FieldValue>(
  null,
  'Ana Sousa',
  'Ana',
  'open',
  'removed',
  'active',
  '2027-05-01',
  '2027-05-01T10:00Z',
);

describe('the columns that targets own', () => {
  test('are those of the types that are read back', () => {
    expect([...columns.keys()].toSorted()).toEqual(['Conversation', 'Event', 'EventParticipant', 'Person', 'Race']);
    expect(columns.get('Conversation')).toEqual(['channel', 'lastActivityOn', 'openedOn', 'status', 'subject']);
  });

  test.each(readBack)('$name writes no other, whatever the values are', ({ mapping, inbound }) => {
    const fields = Object.keys(mapping.owners).filter((field) => mapping.owners[field] !== 'ems');
    fc.assert(
      fc.property(fc.record(Object.fromEntries(fields.map((field) => [field, values]))), (content) => {
        let changes = {};
        try {
          changes = inbound.apply(content, fields, null);
        } catch {
          // A value that a field rejects writes nothing.
        }
        for (const property of Object.keys(changes)) expect(columns.get(mapping.type)).toContain(property);
      }),
    );
  });
});
