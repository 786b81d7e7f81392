import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `new Date(…)`, `Date.now()`, and `Date` as a type; not `PlainDate`, `startDate` or a word in a comment. */
const DATE = /\bnew Date\b|\bDate\.(now|parse|UTC)\b|[:<|]\s*Date\b(?!\s+\w)/;

const withoutComments = (source: string) => source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

test.each(['sync', 'database', 'activities', 'workflows'])(
  'no time in %s/ is a JavaScript Date: it drops microseconds, and the row is due for ever (pitfall 1)',
  (room) => {
    const files = readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    );
    expect(files.length).toBeGreaterThan(5);
    const guilty = files.filter((name) => DATE.test(withoutComments(readFileSync(join(root, room, name), 'utf8'))));
    expect(guilty).toEqual([]);
  },
);

test.each(['const cursor: Date = x', 'new Date()', 'Date.now()', 'Map<Date>', 'string | Date'])(
  '%s would be found',
  (code) => {
    expect(DATE.test(code)).toBe(true);
  },
);

test.each(['startDate: localDate(x)', 'Temporal.PlainDate.from(x)', 'value: Temporal.PlainDate'])(
  '%s is none',
  (code) => {
    expect(DATE.test(code)).toBe(false);
  },
);
