import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { errorsPage } from '../../clients/errors-page.ts';
import { projectFolder } from '../../local/folders.ts';
import { failureCode } from '../../sync/failure-code.ts';
import { COMMON_MEANINGS } from '../../sync/failure-meaning.ts';
import { TARGETS } from '../../targets/index.ts';
import { meaningOf } from '../../targets/failure-meaning.ts';

const page = readFileSync(join(projectFolder, 'docs', 'errors.md'), 'utf8');

/** A code of zod, an answer of TagServer whose code begins with its status, and shadow mode. None reaches a record. */
const OTHER = ['custom', 'duplicate-bib', 'shadow'];

/** Every reason that a file gives a failure: `code: '…'`, or the last argument of a function that parks. */
function reasonsIn(file: string): string[] {
  const text = readFileSync(join(projectFolder, file), 'utf8');
  const reasons = [
    ...text.matchAll(/\bcode(?::| =) '([a-z0-9-]+)'|(?:Unmappable|parked)\([^;]*?,\s*'([a-z0-9-]+)',?\s*\)/g),
  ];
  return reasons.flatMap(([, one, other]) => one ?? other ?? []).filter((reason) => !OTHER.includes(reason));
}

describe('docs/errors.md', () => {
  test('is current: npm run errors', () => {
    expect(page).toBe(errorsPage());
  });

  test.each(TARGETS.map(({ process }) => process))('explains every failure of $name', ({ name, failures = {} }) => {
    const folders = [`targets/${name.toLowerCase()}`, 'targets', 'sync', 'activities', 'database/records'];
    const files = folders.flatMap((folder) => globSync(`${folder}/*.ts`, { cwd: projectFolder }));
    const reasons = [...new Set(files.flatMap(reasonsIn))];
    const known = new Set([...Object.keys(failures), ...Object.keys(COMMON_MEANINGS)]);
    const unknown = reasons.filter(
      (reason) => !known.has(failureCode(name, 'rejected', reason).slice(name.length + 1)),
    );
    expect(unknown).toEqual([]);
    expect(reasons.length).toBeGreaterThan(20);
  });

  test('has no ids and no values, and says of each what to do', () => {
    const meanings = [COMMON_MEANINGS, ...TARGETS.map(({ process }) => process.failures ?? {})].flatMap((one) =>
      Object.values(one),
    );
    for (const { says, remedy } of meanings) {
      expect(says).toMatch(/^[A-Z].*\.$/);
      expect(remedy).not.toBe('');
      expect(`${says}${remedy}`).not.toMatch(/[|\n]|\d{3,}/);
    }
  });
});

describe('what a code means', () => {
  test('is the target’s own, else the common one, else that of its kind of status', () => {
    expect(meaningOf('MAUTIC-400').says).toContain('Mautic');
    expect(meaningOf('TAGSERVER-400').says).toBe(COMMON_MEANINGS[400]?.says);
    expect(meaningOf('TAGSERVER-418').says).toBe(COMMON_MEANINGS['4XX']?.says);
    expect(meaningOf('TAGSERVER-NEW').remedy).toContain('why');
    expect(meaningOf('nonsense').remedy).toContain('why');
  });
});
