import { describe, expect, test } from '@jest/globals';
import * as fc from '../../seeded-fast-check.ts';
import { SOURCE_ENTITIES } from '../../../database/entities/index.ts';
import { checkContent } from '../../../simulators/tagserver/check-content.ts';
import { dataSchemas } from '../../../simulators/tagserver/contract.ts';
import { canonicalForm, type FieldValue } from '../../../sync/canonical-form.ts';
import { contentDigest, contentHash, hasHash, type Content } from '../../../sync/content-hash.ts';
import { mappingOf } from '../../../targets/sync-process.ts';
import { tagServer } from '../../../targets/tagserver/process.ts';
import { contentOf, mapValues, TYPE_CASES, valuesOf, type TypeCase } from './ems-rows.ts';

const KEYS = [new Uint8Array(32).fill(1)];

const snakeCase = (name: string) => name.replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);

const columnsOf = (type: keyof typeof SOURCE_ENTITIES) =>
  Object.keys(SOURCE_ENTITIES[type].meta.properties).map((property) => snakeCase(property));

/** A column of the row itself, or `table.column` of a row that its mapping reads. */
function emsColumns(of: TypeCase): string[] {
  const sources = Object.values(mappingOf(tagServer.process, of.type).sources);
  return [
    ...columnsOf(of.type),
    ...sources.flatMap(({ type }) => columnsOf(type).map((column) => `${snakeCase(type).slice(1)}.${column}`)),
  ];
}

/** TagServer's content after a PUT, as its GET returns it. */
function stored(of: TypeCase, content: Content): Content {
  const sent: unknown = JSON.parse(JSON.stringify(canonicalForm(content)));
  return JSON.parse(JSON.stringify(checkContent(of.resource, sent))) as Content;
}

describe.each(TYPE_CASES.map((of) => [of.type, of] as const))('%s', (_, of) => {
  test('whatever EMS holds is either parked, naming a column of EMS, or fits the contract', () => {
    const seen = { mapped: 0, parked: 0 };
    const columns = emsColumns(of);
    const wild = fc.oneof(valuesOf(of, 'wild'), ...Object.keys(of.mapped).map((column) => oneWild(of, column)));
    fc.assert(
      fc.property(wild, (values) => {
        const mapped = mapValues(of, values);
        seen[mapped.kind] += 1;
        if (mapped.kind === 'parked') expect(columns).toContain(mapped.field);
        else expect(() => stored(of, mapped.content)).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
    expect(seen.mapped).toBeGreaterThan(0);
    expect(seen.parked).toBeGreaterThan(0);
  });

  test('what TagServer gives back hashes as what was sent (pitfalls 13 and 14)', () => {
    fc.assert(
      fc.property(valuesOf(of, 'valid'), (values) => {
        const content = contentOf(of, values);
        expect(contentDigest(stored(of, content))).toBe(contentDigest(content));
        expect(hasHash(stored(of, content), contentHash(content, KEYS), KEYS)).toBe(true);
      }),
    );
  });

  test('the canonical form of the canonical form is the same (pitfall 13)', () => {
    fc.assert(
      fc.property(valuesOf(of, 'valid'), (values) => {
        const canonical = canonicalForm(contentOf(of, values));
        expect(canonicalForm(canonical as FieldValue)).toEqual(canonical);
      }),
    );
  });

  test('every field of the contract is in the content, also when EMS has no value: so a cleared one is cleared there (pitfall 29)', () => {
    fc.assert(
      fc.property(valuesOf(of, 'valid'), (values) =>
        expect(Object.keys(contentOf(of, values)).toSorted()).toEqual(dataSchemas[of.resource].properties.toSorted()),
      ),
    );
  });
});

/** A valid row, except for one column that may contain anything. */
function oneWild(of: TypeCase, column: string) {
  return fc
    .tuple(valuesOf(of, 'valid'), valuesOf(of, 'wild'))
    .map(([valid, wild]) => ({ ...valid, [column]: wild[column] }));
}

test('TagServer takes every time zone that this platform knows, in whatever capitals EMS spells it', () => {
  const event = TYPE_CASES.find(({ type }) => type === 'Event') as TypeCase;
  const [values] = fc.sample(valuesOf(event, 'valid'), 1);
  for (const timeZone of Intl.supportedValuesOf('timeZone')) {
    for (const spelling of [timeZone, timeZone.toLowerCase(), ` ${timeZone.toUpperCase()} `]) {
      const content = contentOf(event, { ...values, timeZone: spelling });
      expect(content['timeZone']).toBe(timeZone);
      expect(() => stored(event, content)).not.toThrow();
    }
  }
});
