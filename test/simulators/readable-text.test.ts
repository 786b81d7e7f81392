import { describe, expect, test } from '@jest/globals';
import { generateFederation } from '../../simulators/ems/index.ts';
import { tidy } from '../../simulators/ems/locales.ts';

describe('text of the sample EMS', () => {
  test('a name that was read as Latin-1 is put right', () => {
    expect(tidy('Ã\u0096mer')).toBe('Ömer');
  });

  test('the largest sample holds no control character, which TagServer would refuse', () => {
    const { tables } = generateFederation({ seed: 1, size: 10_000, now: '2027-05-01T12:00:00Z' });
    for (const table of ['organisation', 'event', 'race', 'start_group', 'person'] as const) {
      const refused = tables[table].filter((row) => Object.values(row).some(hasControlCharacter)).map(({ id }) => id);
      expect({ table, refused }).toEqual({ table, refused: [] });
    }
  });
});

function hasControlCharacter(value: unknown): boolean {
  return typeof value === 'string' && /\p{Cc}/u.test(value);
}
