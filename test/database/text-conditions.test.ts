import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { canonicalText } from '../../sync/canonical-form.ts';
import { TARGETS } from '../../targets/index.ts';
import { mappingOf } from '../../targets/sync-process.ts';
import { hasText, isWord } from '../../targets/text-conditions.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterAll(async () => {
  await database?.close();
});

/** All characters that show nothing, and many that do. */
const CHARACTERS = Array.from({ length: 0x10_ff_ff }, (_, code) => code + 1).filter(
  (code) =>
    (code < 0xd8_00 || code > 0xdf_ff) && (code < 0x31_00 || code > 0xe_10_00 || code % 97 === 0 || code > 0xf9_00),
);

test('a text that shows nothing is empty to SQL as it is to the mappings, character by character', async () => {
  const { rows } = await database.client.query<{ code: number }>(
    `SELECT code FROM unnest($1::int[]) AS one(code) WHERE NOT ${hasText('chr(code)')} ORDER BY code`,
    [CHARACTERS],
  );
  const empty = CHARACTERS.filter((code) => canonicalText(String.fromCodePoint(code)) === null);
  expect(rows.map(({ code }) => code)).toEqual(empty);
  expect(empty.length).toBeGreaterThan(4_000);
});

test('a word is one to SQL whatever is around it, if it is one to the mappings', async () => {
  const around = ['', ' ', '\t', '\n', '\u00a0', '\u2003', '\u3000', '\ufeff', '\u200b', 'x', '_'];
  const texts = [
    ...around.flatMap((one) => [`${one}OPEN`, `OPEN${one}`, `${one}OPEN${one}${one}`]),
    'open',
    '',
    'DONE',
  ];
  const { rows } = await database.client.query<{ text: string; is: boolean }>(
    `SELECT text, ${isWord('text', ['OPEN', 'DONE'])} AS is FROM unnest($1::text[]) AS one(text)`,
    [[...texts, null]],
  );
  expect(rows).toEqual(
    [...texts, null].map((text) => ({ text, is: ['OPEN', 'DONE'].includes(canonicalText(text) ?? '') })),
  );
});

/** By target: its mapping of persons, with the person in the audience already where one must be. */
const CONTACTS = TARGETS.filter(({ process }) => ['MAUTIC', 'MAILCHIMP', 'CHATWOOT'].includes(process.name));

test.each(CONTACTS.map(({ process }) => [process.name, process] as const))(
  '%s: nobody passes whose e-mail and phone show nothing, and whoever has one passes',
  async (_, process) => {
    const { ems, client } = database;
    const { filter } = mappingOf(process, 'Person');
    const passes = async (email: string | null) => {
      const id = await ems.person({ email, phone: '\u2003' });
      await ems.preference(id, true, { channel: '\u00a0EMAIL ' });
      const { rowCount } = await client.query(`SELECT FROM person e WHERE e.id = $1 AND (${filter})`, [id]);
      return rowCount === 1;
    };
    for (const email of [null, '', ' ', '\u00a0', '\t\n', '\u200b', '\u3000\u00ad'])
      expect(await passes(email)).toBe(false);
    for (const email of ['ana@clube.example', '\u00a0ana@clube.example', 'N/A']) expect(await passes(email)).toBe(true);
  },
);

test.each(['OPEN', ' OPEN', 'OPEN\u00a0'])('an event whose status is %j is timed', async (status) => {
  const process = TARGETS.map((target) => target.process).find(({ name }) => name === 'TAGSERVER');
  if (process === undefined) throw new RangeError('TAGSERVER');
  const id = await database.ems.event({ status });
  const { rowCount } = await database.client.query(
    `SELECT FROM event e WHERE e.id = $1 AND (${mappingOf(process, 'Event').filter})`,
    [id],
  );
  expect(rowCount).toBe(1);
});

test.each([
  ['an enum', "CREATE TYPE strange AS ENUM ('OPEN', 'DRAFT')", 'strange'],
  [
    'a text that ignores case',
    "CREATE COLLATION strange (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    'text COLLATE strange',
  ],
])('a column may be %s', async (_, create, type) => {
  const { client } = database;
  await client.query(`BEGIN; ${create}; CREATE TEMPORARY TABLE odd (status ${type}) ON COMMIT DROP`);
  await client.query("INSERT INTO odd VALUES ('OPEN'), ('DRAFT'), (NULL)");
  const { rows } = await client.query(
    `SELECT ${isWord('o.status', ['OPEN'])} AS open, ${hasText('o.status')} AS any FROM odd o ORDER BY status::text`,
  );
  await client.query('ROLLBACK');
  expect(rows).toEqual([
    { open: false, any: true },
    { open: true, any: true },
    { open: false, any: false },
  ]);
});
