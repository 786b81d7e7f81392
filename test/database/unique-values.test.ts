import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from '../seeded-fast-check.ts';
import { loadPairs, type Pair } from '../../database/records/load-pairs.ts';
import {
  dropValuesOfDeleted,
  refreshOutdatedValues,
  refreshUniqueValues,
} from '../../database/records/refresh-unique-values.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { TARGETS } from '../../targets/index.ts';
import { mappingOf } from '../../targets/sync-process.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

const SECRETS = [Buffer.alloc(32, 7)];

let database: MigratedDatabase;

beforeAll(async () => {
  database = await migratedDatabase();
});

afterEach(async () => {
  await database.client.query('TRUNCATE organisation, person, event, race, event_participant, tag CASCADE');
  await database.client.query('TRUNCATE sync_person, sync_event_participant, sync_tag, sync_unique_value');
});

afterAll(async () => {
  await database?.close();
});

function detectionOf(name: SyncProcessName, type: EntityType) {
  const process = TARGETS.map((target) => target.process).find((one) => one.name === name);
  if (process === undefined) throw new RangeError(name);
  const mapping = mappingOf(process, type);
  return { process: name, mapping, mappingVersion: mapping.version, settleMs: 0 };
}

/** Loads the pairs as a sweep does. */
async function load(name: SyncProcessName, type: EntityType, keys: readonly string[]): Promise<Pair[]> {
  const detection = detectionOf(name, type);
  await refreshOutdatedValues(database.orm.em.fork(), detection, SECRETS);
  await refreshUniqueValues(database.orm, detection, keys, SECRETS);
  return loadPairs(database.orm, detection, keys);
}

function contentOf(name: SyncProcessName, type: EntityType, { entity, sources }: Pair) {
  if (entity === null) throw new Error('it is gone');
  return detectionOf(name, type).mapping.map(entity, sources);
}

/** The value sent for the field; undefined: the row is parked. */
function sent(name: SyncProcessName, type: EntityType, pair: Pair, field: string): unknown {
  const mapped = contentOf(name, type, pair);
  return mapped.kind === 'mapped' ? (mapped.content[field] ?? null) : undefined;
}

const person = (values: object) => database.ems.person({ country: 'PT', phone: null, email: null, ...values });

/** Creates an event's race with a participant and dependents. */
async function start() {
  const event = await database.ems.event();
  const race = await database.ems.race(event);
  return { event, race };
}

describe('one phone in two notations', () => {
  test.each([
    ['+351 912 345 678', '912345678'],
    ['+351 21 123 4567 ext. 12', '+351 21 123 4567 ext. 13'],
    ['(+351) 912-345-678', '00351912345678'],
    ['\u00a0912 345 678', '912345678\n'],
  ])('%j and %j is one number: one person has it, the other is there without it', async (one, other) => {
    const keys = [
      await person({ email: 'a@clube.example', phone: one }),
      await person({ email: 'b@clube.example', phone: other }),
    ];
    const [first, second] = await load('CHATWOOT', 'Person', keys);
    const numbers = [first, second].map((pair) => sent('CHATWOOT', 'Person', pair as Pair, 'phone_number'));
    expect(numbers).toEqual([expect.stringMatching(/^\+351\d{9}$/), null]);
  });

  test('shares one contact where neither has an e-mail address', async () => {
    const keys = [await person({ phone: '+351 912 345 678' }), await person({ phone: '912345678' })];
    expect((await load('CHATWOOT', 'Person', keys)).map(({ sharedWith }) => sharedWith)).toEqual([null, keys[0]]);
  });

  test('is two numbers in two countries', async () => {
    const keys = [
      await person({ email: 'a@clube.example', phone: '912345678' }),
      await person({ email: 'b@clube.example', phone: '912345678', country: 'ES' }),
    ];
    const numbers = (await load('CHATWOOT', 'Person', keys)).map((pair) =>
      sent('CHATWOOT', 'Person', pair, 'phone_number'),
    );
    expect(numbers).toEqual(['+351912345678', '+34912345678']);
  });
});

describe('a phone that persons with addresses of their own share', () => {
  const phone = '+351912345678';

  test.each<[string, object, object, boolean]>([
    ['a child with another address', {}, { date_of_birth: '2010-01-01' }, true],
    ['an older person', {}, { date_of_birth: '1960-01-01' }, false],
    ['a younger person without e-mail', {}, { date_of_birth: '2010-01-01', email: ' ' }, false],
    ['an older one with e-mail, if there is none here', { email: null }, { date_of_birth: '1960-01-01' }, true],
    ['one of unknown age', {}, { date_of_birth: null }, true],
    ['one of known age, if this one is not known', { date_of_birth: null }, {}, false],
    ['one of the same age and a higher number', {}, {}, true],
    ['one of the same age and a lower number', { id: 10_000 }, { id: 9_999 }, false],
    [
      'one of unknown age too, and a lower number',
      { id: 1_000, date_of_birth: null },
      { id: 999, date_of_birth: null },
      false,
    ],
    ['one that an operator has unlinked', { id: 2_000 }, { id: 1_999, unlinked: true }, true],
  ])('is not with %s, or is', async (_, change, { unlinked = false, ...other }: { unlinked?: boolean }, has) => {
    const born = { date_of_birth: '1988-02-29', phone };
    const key = await person({ ...born, email: 'ana@clube.example', ...change });
    const others = await person({ ...born, email: 'other@clube.example', ...other });
    if (unlinked) await record('person', others, { state: 'UNLINKED' });
    const [pair] = await load('CHATWOOT', 'Person', [key]);
    expect(sent('CHATWOOT', 'Person', pair as Pair, 'phone_number')).toBe(has ? phone : null);
  });

  test('goes to exactly one of them, and to nobody beside who shares its contact', async () => {
    const keys = [
      await person({ phone, date_of_birth: '1950-05-05', email: 'a@x.example' }),
      await person({ phone, email: 'b@x.example' }),
      await person({ phone, date_of_birth: '1950-05-05', email: 'c@x.example' }),
      await person({ phone }),
      await person({ phone, email: 'A@x.example ' }),
    ];
    const pairs = await load('CHATWOOT', 'Person', keys);
    const having = pairs.filter((pair) => sent('CHATWOOT', 'Person', pair, 'phone_number') !== null);
    expect(having.map(({ key }) => key)).toEqual([keys[3]]);
  });
});

describe('a bib, and a tag’s code', () => {
  test.each([
    ['12', ' 12 '],
    ['12', '12\u00a0'],
    ['A\u00c5', 'AA\u030a'],
  ])('%j and %j is one bib in one race: the lower number keeps it, by number and not by text', async (one, other) => {
    const { event, race } = await start();
    const keys = [
      await database.ems.participant(event, race, { id: 9, bib: one }),
      await database.ems.participant(event, race, { id: 10, bib: other }),
    ];
    const [first, second] = await load('TAGSERVER', 'EventParticipant', keys);
    expect(contentOf('TAGSERVER', 'EventParticipant', first as Pair).kind).toBe('mapped');
    expect(contentOf('TAGSERVER', 'EventParticipant', second as Pair)).toEqual({
      kind: 'parked',
      field: 'bib',
      code: '409-duplicate-bib',
      reason: expect.stringContaining('EventParticipant/9'),
    });
  });

  test('a bib is two in two races, and an empty one is nobody’s', async () => {
    const { event, race } = await start();
    const keys = [
      await database.ems.participant(event, race, { bib: '12' }),
      await database.ems.participant(event, await database.ems.race(event), { bib: '12' }),
      await database.ems.participant(event, race, { bib: ' ' }),
      await database.ems.participant(event, race, { bib: '' }),
    ];
    const kinds = (await load('TAGSERVER', 'EventParticipant', keys)).map(
      (pair) => contentOf('TAGSERVER', 'EventParticipant', pair).kind,
    );
    expect(kinds).toEqual(['mapped', 'mapped', 'mapped', 'mapped']);
  });

  test('ABCD and abcd is one code at one event, and two at two events', async () => {
    const [one, other] = [await start(), await start()];
    const participants = [
      await database.ems.participant(one.event, one.race),
      await database.ems.participant(one.event, one.race),
      await database.ems.participant(other.event, other.race),
    ] as const;
    const keys = [
      await database.ems.tag(participants[0], { code: 'ABCD0001' }),
      await database.ems.tag(participants[1], { code: 'abcd0001' }),
      await database.ems.tag(participants[2], { code: 'Abcd0001' }),
    ];
    const judged = (await load('TAGSERVER', 'Tag', keys)).map((pair) => contentOf('TAGSERVER', 'Tag', pair));
    expect(judged.map(({ kind }) => kind)).toEqual(['mapped', 'parked', 'mapped']);
    expect(judged[1]).toMatchObject({ field: 'code', reason: expect.stringContaining(`Tag/${keys[0]}`) });
  });
});

/** White space that SQL and JavaScript treat differently, Unicode forms, case, and digits with grouping characters. */
const around = fc.constantFrom('', ' ', '\n', '\t', '\u00a0', '\u3000', '\ufeff');
const notation = (texts: readonly string[]) =>
  fc
    .tuple(around, fc.constantFrom(...texts), around, fc.constantFrom('', 'upper', 'NFD'))
    .map(([before, text, after, form]) => {
      const formed = form === 'upper' ? text.toUpperCase() : form === 'NFD' ? text.normalize('NFD') : text;
      return `${before}${formed}${after}`;
    });
const EMAILS = notation([
  'ana@x.example',
  'anã@x.example',
  'İnes@x.example',
  'ασς@x.example',
  'straße@x.example',
  '\u200b',
]);
const PHONES = notation(['+351912345678', '912345678', '912 345 678', '(+351) 912-345-678', '+34912345678', '12']);
const BIBS = notation(['12', '012', 'a1', '\u212b1', '']);
const CODES = notation(['abcd0001', 'ABCD0001', 'abcd0002']);

/** The sent value decides: rows are matched exactly if the targets would receive equal values. */
describe('rows have a value alike exactly where what is sent is the same', () => {
  test.each([
    ['CHATWOOT', 'email'],
    ['MAUTIC', 'email'],
    ['MAILCHIMP', 'email'],
    ['CHATWOOT', 'phone_number'],
  ] as const)('%s: %s of persons', async (name, field) => {
    const arbitrary = field === 'email' ? EMAILS : PHONES;
    await fc.assert(
      fc.asyncProperty(arbitrary, arbitrary, async (one, other) => {
        const column = field === 'email' ? 'email' : 'phone';
        const keys = [await person({ [column]: one }), await person({ [column]: other })];
        for (const key of keys) await database.ems.preference(key, true);
        const [first, second] = (await load(name, 'Person', keys)) as [Pair, Pair];
        const [mine, theirs] = [first, second].map((pair) =>
          sent(name, 'Person', { ...pair, sources: { ...pair.sources, samePhone: [] } }, field),
        );
        const areOne = mine !== undefined && mine !== null && mine === theirs;
        if (mine !== undefined && theirs !== undefined) expect(second.sharedWith).toBe(areOne ? keys[0] : null);
        await database.client.query('TRUNCATE person CASCADE');
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['EventParticipant', 'bib', BIBS],
    ['Tag', 'code', CODES],
  ] as const)('TAGSERVER: %s of %s', async (type, field, arbitrary) => {
    const { event, race } = await start();
    const participant = await database.ems.participant(event, race);
    const insert = (value: string) =>
      type === 'Tag'
        ? database.ems.tag(participant, { code: value })
        : database.ems.participant(event, race, { bib: value });
    await fc.assert(
      fc.asyncProperty(arbitrary, arbitrary, async (one, other) => {
        fc.pre(type !== 'Tag' || one !== other);
        const keys = [await insert(one), await insert(other)];
        const [first, second] = (await load('TAGSERVER', type, keys)) as [Pair, Pair];
        const alone = ({ entity, sources }: Pair) =>
          sent(
            'TAGSERVER',
            type,
            { entity, sources: { ...sources, sameBib: [], sameCode: [] } } as unknown as Pair,
            field,
          );
        const [mine, theirs] = [alone(first), alone(second)];
        const areOne = mine !== undefined && mine !== null && mine === theirs;
        if (mine !== undefined && theirs !== undefined)
          expect(contentOf('TAGSERVER', type, second).kind).toBe(areOne ? 'parked' : 'mapped');
        await database.client.query(
          type === 'Tag' ? 'DELETE FROM tag' : 'DELETE FROM event_participant WHERE id = ANY ($1)',
          type === 'Tag' ? [] : [keys],
        );
      }),
      { numRuns: 40 },
    );
  });
});

describe('a value on file', () => {
  test('that its row no longer has decides nothing: two rows that swap share with nobody', async () => {
    const keys = [await person({ email: 'a@x.example' }), await person({ email: 'b@x.example' })];
    await load('CHATWOOT', 'Person', keys);
    await database.ems.update('person', keys[0] ?? '', { email: 'b@x.example' });
    await database.ems.update('person', keys[1] ?? '', { email: 'a@x.example' });
    const detection = detectionOf('CHATWOOT', 'Person');
    // Refreshes only one row, as on demand: the other row's stored value is from before the swap.
    await refreshUniqueValues(database.orm, detection, [keys[0] ?? ''], SECRETS);
    const [pair] = await loadPairs(database.orm, detection, [keys[0] ?? '']);
    expect(pair?.sharedWith).toBeNull();
  });

  test('holds no address: keyed hashes alone', async () => {
    const key = await person({ email: 'ana@x.example', phone: '912345678' });
    await load('CHATWOOT', 'Person', [key]);
    const { rows } = await database.client.query('SELECT value FROM sync_unique_value WHERE entity_key = $1', [key]);
    expect(rows.length).toBe(3);
    for (const { value } of rows) expect(value).toMatch(/^[0-9a-f]{8}:[0-9a-f]{64}$/);
  });

  test('goes with its row', async () => {
    const keys = [await person({ email: 'ana@x.example' }), await person({ email: 'rui@x.example' })];
    await load('CHATWOOT', 'Person', keys);
    await database.ems.delete('person', keys[0] ?? '');
    await dropValuesOfDeleted(database.orm.em.fork(), detectionOf('CHATWOOT', 'Person'));
    const { rows } = await database.client.query('SELECT DISTINCT entity_key FROM sync_unique_value');
    expect(rows).toEqual([{ entity_key: keys[1] }]);
  });

  test('is written once: what is as it was is not written again', async () => {
    const keys = [await person({ email: 'ana@x.example' })];
    await load('CHATWOOT', 'Person', keys);
    const before = await versions();
    await load('CHATWOOT', 'Person', keys);
    expect(await versions()).toEqual(before);
  });
});

const versions = async () =>
  (await database.client.query('SELECT xmin::text, ctid::text FROM sync_unique_value ORDER BY 1, 2')).rows;

async function record(table: string, key: string, values: Readonly<Record<string, unknown>>): Promise<void> {
  const row = { sync_process: 'CHATWOOT', entity_id: key, entity_key: key, ...values };
  await database.client.query(
    `INSERT INTO sync_${table} (${Object.keys(row).join(', ')}) VALUES (${Object.keys(row)
      .map((_, place) => `$${place + 1}`)
      .join(', ')})`,
    Object.values(row),
  );
}
