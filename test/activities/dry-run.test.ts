import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc, { runsOf } from '../seeded-fast-check.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { compareTarget, type ComparePlace } from '../../activities/compare-target.ts';
import { compareRecords, findExtra } from '../../activities/compare-records.ts';
import { drySweep } from '../../activities/dry-run/dry-sweep.ts';
import { approveHold, readHolds } from '../../database/records/missing.ts';
import { AdvisoryLocks } from '../../database/advisory-locks.ts';
import { createScratchOrm } from '../../database/scratch.ts';
import { resourceTypes } from '../../simulators/tagserver/resource-types.ts';
import { startTagServer, type StartedTagServer } from '../../simulators/tagserver/start.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { PlannedChange } from '../../sync/planned-change.ts';
import type { EntityMapping } from '../../targets/entity-mapping.ts';
import { tagServer } from '../../targets/tagserver/process.ts';
import { resource } from '../../targets/tagserver/resources.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { sweepInProcess } from './sweep-in-process.ts';

/** States in which the plan is compared with the sweep. */
const RUNS = runsOf(5, 200);

let database: MigratedDatabase;
let simulator: StartedTagServer;
let locks: AdvisoryLocks;
let dependencies: Dependencies;

beforeAll(async () => {
  database = await migratedDatabase();
  simulator = await startTagServer();
  locks = new AdvisoryLocks(database.url);
  const remote = tagServer.connect(
    { TAGSERVER_URL: simulator.url, TAGSERVER_TOKEN: simulator.token },
    unlimitedConnections('ratchet'),
  );
  dependencies = dependenciesWith({
    orm: database.orm,
    locks,
    processes: new Map([['TAGSERVER', { process: tagServer.process, remote }]]),
  });
});

afterAll(async () => {
  await locks?.close();
  await simulator?.stop();
  await database?.close();
});

const EMS_TABLES = 'organisation, person, event, race, start_group, event_participant, start_group_participant, tag';
const TYPES = tagServer.process.mappings.map(({ type }) => type);

beforeEach(reset);

async function reset(): Promise<void> {
  const records = EMS_TABLES.split(', ').map((table) => `sync_${table}`);
  await database.client.query(
    `TRUNCATE ${EMS_TABLES}, ${records.join(', ')}, sync_unique_value, sync_hold, sync_missing RESTART IDENTITY CASCADE`,
  );
  await simulator.control.reset();
}

async function plan(of = dependencies): Promise<{ changes: PlannedChange[]; stopped: string[] }> {
  const orm = await createScratchOrm({ databaseUrl: database.url, process: 'TAGSERVER' });
  const changes: PlannedChange[] = [];
  const stopped: string[] = [];
  try {
    for await (const item of drySweep({ ...of, orm }, { process: 'TAGSERVER' })) {
      if (item.kind === 'stopped') stopped.push(item.reason);
      else changes.push(...item.changes);
    }
  } finally {
    await orm.close();
  }
  return { changes, stopped };
}

/** Everything that a plan could write in our tables, and what the tokens' sequence has given out. */
async function ourTables(): Promise<unknown> {
  const { rows } = await database.client.query(
    `SELECT c.relname, query_to_xml('SELECT * FROM public.' || c.relname || ' ORDER BY 1, 2', true, true, '')::text AS rows
     FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'sync\\_%' ORDER BY 1`,
  );
  const { rows: tokens } = await database.client.query('SELECT last_value FROM sync_pass');
  return [...rows, ...tokens];
}

const typeOf = new Map<string, EntityType>(TYPES.map((type) => [resource(type), type]));

/** What TagServer holds, by `Person/1`. */
async function atTagServer(): Promise<Map<string, Readonly<Record<string, unknown>>>> {
  const state = await simulator.control.state();
  return new Map(
    resourceTypes.flatMap((name) =>
      Object.entries(state[name]).map(([id, { data }]) => [`${typeOf.get(name)}/${id}`, data ?? {}] as const),
    ),
  );
}

interface Done {
  readonly kind: 'create' | 'change' | 'delete';
  readonly fields?: Readonly<Record<string, unknown>>;
}

/**
 * What a sweep has done there: the rows of its accepted writes, by the state before and after. A deletion counts even if
 * nothing was there: a sweep also removes what may have reached TagServer although its answer was lost.
 */
async function journalOf(work: () => Promise<void>): Promise<Map<string, Done>> {
  const before = await atTagServer();
  await simulator.control.clearJournal();
  await work();
  const after = await atTagServer();
  const done = new Map<string, Done>();
  for (const { path, status } of await simulator.control.journal({ writesOnly: true })) {
    if (status === null || status >= 300) continue;
    const [, , name = '', id = ''] = path.split('/');
    const ref = `${typeOf.get(name)}/${id}`;
    const [one, other] = [before.get(ref), after.get(ref)];
    if (other === undefined) done.set(ref, { kind: 'delete' });
    else if (one === undefined) done.set(ref, { kind: 'create', fields: differing({}, other) });
    else done.set(ref, { kind: 'change', fields: differing(one, other) });
  }
  return done;
}

function differing(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(Object.entries(other).filter(([field, value]) => (one[field] ?? null) !== (value ?? null)));
}

const WRITES = ['create', 'change', 'delete'];

function asDone(changes: readonly PlannedChange[]): Map<string, Done> {
  return new Map(
    changes
      .filter(({ action }) => WRITES.includes(action))
      .map(({ type, id, action, fields }) => [
        `${type}/${id}`,
        {
          kind: action as Done['kind'],
          ...(fields === undefined
            ? {}
            : { fields: Object.fromEntries(fields.map(({ field, after }) => [field, after])) }),
        },
      ]),
  );
}

const byName = <V>(map: Map<string, V>) => [...map].toSorted(([one], [other]) => (one < other ? -1 : 1));

describe('a dry sweep', () => {
  test('tells a first load: everything is created, each row after those it refers to, and nothing is written anywhere', async () => {
    const { ems } = database;
    const event = await ems.event();
    const race = await ems.race(event);
    const participant = await ems.participant(event, race, { bib: '7' });
    await ems.tag(participant);
    const nameless = await ems.person({ first_name: null });
    await ems.participant(event, race, { person_id: nameless });

    const before = await ourTables();
    const { changes, stopped } = await plan();
    expect(stopped).toEqual([]);
    expect(await ourTables()).toEqual(before);
    expect(await simulator.control.journal({ writesOnly: true })).toEqual([]);
    expect(changes.map(({ type, id, action }) => `${action} ${type}/${id}`)).toEqual([
      'create Organisation/1',
      'create Event/1',
      'create Person/1',
      'park Person/2',
      'create Race/1',
      'create EventParticipant/1',
      'wait EventParticipant/2',
      'create Tag/1',
    ]);
    const done = await journalOf(() => sweepInProcess(dependencies, 'TAGSERVER'));
    expect(byName(done)).toEqual(byName(asDone(changes)));
  });

  test('tells a change field by field, with what the target holds', async () => {
    const { ems } = database;
    const event = await ems.event();
    await ems.participant(event, await ems.race(event));
    await sweepInProcess(dependencies, 'TAGSERVER');
    await simulator.control.backdoor({ type: 'persons', externalId: '1', set: { givenName: 'Bia', gender: 'X' } });
    await ems.update('person', '1', { last_name: 'Costa', gender: 'X' });
    const { changes } = await plan();
    expect(changes).toMatchObject([
      {
        direction: 'outbound',
        type: 'Person',
        id: '1',
        action: 'change',
        fields: [
          { field: 'givenName', before: 'Bia', after: 'Ana' },
          { field: 'familyName', before: 'Silva', after: 'Costa' },
        ],
      },
    ]);
  });

  test('says of a deletion whether our records know that the row is there', async () => {
    const { ems } = database;
    const event = await ems.event();
    const nameless = await ems.person({ first_name: null });
    const participant = await ems.participant(event, await ems.race(event), { person_id: nameless });
    await ems.participant(event, await ems.race(event));
    await sweepInProcess(dependencies, 'TAGSERVER');
    await ems.delete('event_participant', participant);
    await ems.update('event', event, { status: 'DRAFT' });
    const { changes } = await plan();
    const deletions = changes.filter(({ action, type }) => action === 'delete' && type === 'Person');
    expect(deletions.map(({ id, reason }) => [id, reason])).toEqual([
      [nameless, expect.stringMatching(/no record of it there/)],
      [expect.anything(), undefined],
    ]);
  });

  test('says what the brake would hold, and does not plan it', async () => {
    const { ems } = database;
    const event = await ems.event();
    const race = await ems.race(event);
    for (let n = 0; n < 12; n += 1) await ems.participant(event, race);
    await sweepInProcess(dependencies, 'TAGSERVER');
    await ems.update('event', event, { status: 'DRAFT' });
    const { changes, stopped } = await plan();
    expect(changes.filter(({ type }) => type === 'EventParticipant')).toEqual([]);
    expect(stopped).toContainEqual(expect.stringMatching(/^HELD: 12 of 12 EventParticipant would leave TAGSERVER/));
    const { rows } = await database.client.query('SELECT * FROM sync_hold');
    expect(rows).toEqual([]);
  });
});

const misspelt = ({ type, filter }: EntityMapping) =>
  type === 'Person' ? `(${filter}) AND e.id > 4` : `(${filter}) AND e.person_id > 4`;

/** The process with a condition too many: persons 1 to 4 of ten do not belong on the target any more. */
function withTypo(): Dependencies['processes'] {
  const mappings = tagServer.process.mappings.map((mapping) =>
    ['Person', 'EventParticipant'].includes(mapping.type) ? { ...mapping, filter: misspelt(mapping) } : mapping,
  );
  const remote = dependencies.processes.get('TAGSERVER')?.remote;
  if (remote === undefined) throw new Error('TAGSERVER is off');
  return new Map([['TAGSERVER' as const, { process: { ...tagServer.process, mappings }, remote }]]);
}

describe('a mistake in EMS, or in a filter', () => {
  const LIMITS = { delete: { count: 2, share: 10 }, update: { count: 2, share: 30 } };

  const FOUR = ['1', '2', '3', '4'];
  const TEN = [...FOUR, '5', '6', '7', '8', '9', '10'];

  test.each<[string, Done['kind'], readonly string[], () => Promise<unknown>, () => Dependencies['processes']]>([
    ['a typo in a filter, which takes 40 % away', 'delete', FOUR, async () => {}, withTypo],
    ['four of ten persons deleted', 'delete', FOUR, () => deleted(FOUR), () => dependencies.processes],
    ['a table that was truncated', 'delete', TEN, () => deleted(TEN), () => dependencies.processes],
    [
      'one first name for all',
      'change',
      TEN,
      () => database.client.query("UPDATE person SET first_name = 'Test', modified_on = clock_timestamp()"),
      () => dependencies.processes,
    ],
  ])(
    '%s: nobody is touched before an operator approves it, and then exactly the planned ones',
    async (_what, kind, meant, happen, processes) => {
      const { ems } = database;
      const event = await ems.event();
      const race = await ems.race(event);
      for (const _ of TEN) await ems.participant(event, race);
      await sweepInProcess(dependencies, 'TAGSERVER');
      await happen();
      const braked = { ...dependencies, brakeLimits: LIMITS, processes: processes() };
      const before = await atTagServer();

      expect((await plan(braked)).stopped).toContainEqual(
        expect.stringMatching(new RegExp(`^HELD: ${meant.length} of 10 Person`)),
      );
      expect([...(await journalOf(() => sweepInProcess(braked, 'TAGSERVER')))]).toEqual([]);
      expect(await atTagServer()).toEqual(before);

      const em = database.orm.em.fork();
      for (const { id } of await readHolds(em, ['TAGSERVER'])) await approveHold(em, 'TAGSERVER', id);
      const { changes } = await plan(braked);
      const persons = changes.filter(({ type, action }) => type === 'Person' && action === kind);
      expect(persons.map(({ id }) => Number(id)).toSorted((one, other) => one - other)).toEqual(meant.map(Number));
      const done = await journalOf(() => sweepInProcess(braked, 'TAGSERVER'));
      expect(byName(done)).toEqual(byName(asDone(changes)));
    },
  );

  /** EMS loses persons with all that refers to them. */
  async function deleted(persons: readonly string[]): Promise<void> {
    if (persons.length === TEN.length) await database.client.query('TRUNCATE person, event_participant CASCADE');
    else {
      await database.client.query('DELETE FROM event_participant WHERE person_id = ANY ($1::bigint[])', [persons]);
      await database.client.query('DELETE FROM person WHERE id = ANY ($1::bigint[])', [persons]);
    }
  }
});

async function compared(type: EntityType) {
  const input = { process: 'TAGSERVER', type, after: null, limit: 200 } as const;
  const [own, extra] = [await compareRecords(dependencies, input), await findExtra(dependencies, input)];
  return { compared: own.compared, differing: [...own.differing, ...extra.differing] };
}

describe('a comparison with what TagServer holds', () => {
  test('finds what is missing, different and extra there, and leaves to the sweep what is due', async () => {
    const { ems } = database;
    const event = await ems.event();
    const race = await ems.race(event);
    for (let n = 0; n < 4; n += 1) await ems.participant(event, race);
    await sweepInProcess(dependencies, 'TAGSERVER');
    expect(await compared('Person')).toEqual({ compared: 4, differing: [] });

    await simulator.control.backdoor({ type: 'event-participants', externalId: '1', delete: true });
    await simulator.control.backdoor({ type: 'persons', externalId: '1', delete: true });
    await simulator.control.backdoor({ type: 'persons', externalId: '2', set: { givenName: 'Bia', club: 'Other' } });
    const data = { givenName: 'Nobody', familyName: 'Known' };
    await simulator.control.backdoor({ type: 'persons', externalId: '99', set: data });
    await ems.update('person', '3', { first_name: 'Due' });
    await database.client.query(`UPDATE sync_person SET remote_id = NULL WHERE entity_key = 4`);
    expect(await compared('Person')).toEqual({
      compared: 2,
      differing: [
        { type: 'Person', key: '1', difference: 'missing' },
        { type: 'Person', key: '2', difference: 'different', fields: ['givenName', 'club'] },
        { type: 'Person', key: '4', difference: 'extra' },
        { type: 'Person', key: '99', difference: 'extra', isOrphan: true },
      ],
    });
    // What TagServer sets itself while EMS has registered is no difference.
    await simulator.control.backdoor({ type: 'event-participants', externalId: '2', set: { status: 'checked-in' } });
    expect((await compared('EventParticipant')).differing).toEqual([
      { type: 'EventParticipant', key: '1', difference: 'missing' },
    ]);
  });

  test('of a whole target tells how much differs, and another attempt goes on at the last page', async () => {
    const { ems } = database;
    const event = await ems.event();
    const race = await ems.race(event);
    for (let n = 0; n < 3; n += 1) await ems.participant(event, race);
    await sweepInProcess(dependencies, 'TAGSERVER');
    await simulator.control.backdoor({ type: 'persons', externalId: '2', set: { givenName: 'Bia' } });
    await simulator.control.backdoor({ type: 'event-participants', externalId: '1', delete: true });
    const places: ComparePlace[] = [];
    const input = { process: 'TAGSERVER' } as const;
    const onPlace = (place: ComparePlace) => void places.push(place);
    const found = await compareTarget(dependencies, input, { place: null, onPlace });
    expect(found).toEqual({
      compared: 9,
      differing: { different: 1, missing: 1 },
      examples: ['different Person/2', 'missing EventParticipant/1'],
    });
    for (const place of [places[2] ?? null, places[5] ?? null])
      expect(await compareTarget(dependencies, input, { place, onPlace: () => {} })).toEqual(found);
  });

  test('goes on where it has stopped', async () => {
    const { ems } = database;
    const event = await ems.event();
    const race = await ems.race(event);
    for (let n = 0; n < 5; n += 1) await ems.participant(event, race);
    await sweepInProcess(dependencies, 'TAGSERVER');
    const page = (after: string | null) =>
      compareRecords(dependencies, { process: 'TAGSERVER', type: 'Person', after, limit: 2 });
    expect(await page(null)).toMatchObject({ compared: 2, next: '2' });
    expect(await page('4')).toMatchObject({ compared: 1, next: null });
  });
});

describe('what EMS may hold', () => {
  const change = fc.record({
    what: fc.constantFrom(
      'person',
      'person',
      'participant',
      'participant',
      'bib',
      'bib',
      'tag',
      'code',
      'wearer',
      'leave',
      'status',
      'race',
      'touch',
      'placement',
      'club',
    ),
    at: fc.nat(7),
    value: fc.nat(7),
  });
  type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

  /** Does one change as EMS's application would; one that EMS's own keys forbid is not made. */
  async function apply({ what, at, value }: Change): Promise<void> {
    const { ems, client } = database;
    const some = async (table: string): Promise<string | null> => {
      const { rows } = await client.query<{ id: string }>(`SELECT id FROM ${table} ORDER BY id`);
      return rows.length === 0 ? null : (rows[at % rows.length]?.id ?? null);
    };
    const names = ['Ana', 'Bia', 'Caio', 'Duda', null];
    const row = async (table: string, values: Readonly<Record<string, unknown>>) => {
      const id = await some(table);
      if (id !== null) await ems.update(table, id, values);
    };
    switch (what) {
      case 'person':
        return row('person', { first_name: names[value % names.length] });
      case 'participant': {
        const { rows } = await client.query('SELECT id, event_id FROM race ORDER BY id');
        const race = rows[at % rows.length];
        const person = value < 2 ? await ems.person() : ((await some('person')) ?? (await ems.person()));
        await ems.participant(race.event_id, race.id, { person_id: person, bib: value < 4 ? null : `${value}` });
        return;
      }
      case 'bib':
        return row('event_participant', { bib: value === 0 ? null : `${value}` });
      case 'tag':
        await ems
          .tag(await some('event_participant'), { code: `ABCD000${10 * at + value}`.slice(0, 8) + value })
          .catch(() => undefined);
        return;
      case 'code':
        return row('tag', { code: value === 0 ? 'no code' : `BEEF00${at}${value}` }).catch(() => undefined);
      case 'wearer':
        return row('tag', { event_participant_id: value === 0 ? null : await some('event_participant') });
      case 'leave': {
        const id = await some('event_participant');
        if (id === null) return;
        await client.query('DELETE FROM tag WHERE event_participant_id = $1', [id]);
        await client.query('DELETE FROM start_group_participant WHERE event_participant_id = $1', [id]);
        return ems.delete('event_participant', id);
      }
      case 'status':
        return row('event', { status: value < 3 ? 'DRAFT' : 'OPEN' });
      case 'race':
        return row('race', { name: `Race ${value}`, distance_m: value === 0 ? -1 : 1_000 * value });
      case 'touch':
        return row('person', {});
      case 'placement': {
        const participant = await some('event_participant');
        const group = await some('start_group');
        if (participant !== null && group !== null)
          await ems.startGroupParticipant(group, participant).catch(() => undefined);
        return;
      }
      case 'club':
        return row('person', { organisation_id: value < 3 ? null : await some('organisation') });
    }
  }

  /** A small world is enough to be held back. */
  const BRAKE = { delete: { count: 3, share: 40 }, update: { count: 3, share: 60 } };

  const one = (what: Change['what'], at: number, value: number): Change => ({ what, at, value });

  /** Each kind of action happens in one of these, so that the property cannot pass by planning nothing. */
  const EXAMPLES: [Change[], Change[]][] = [
    // Creates, changes, parks (with what was never sent), waits and removes.
    [
      [one('person', 0, 4), one('participant', 1, 5), one('tag', 2, 1)],
      [one('person', 1, 1), one('person', 2, 4), one('participant', 0, 1), one('leave', 1, 0), one('status', 0, 0)],
    ],
    // A bib goes to another participant, whose former holder is parked and has to let go of it.
    [
      [one('participant', 1, 3), one('participant', 1, 4), one('bib', 1, 7)],
      [one('bib', 1, 4), one('bib', 2, 3)],
    ],
    // Holds removals: an event with most of the participants is closed.
    [[0, 1, 2, 3].map((at) => one('participant', 2 * at, 1)), [one('status', 0, 0), one('person', 1, 2)]],
  ];

  test(
    'is planned as the sweep then does it: TagServer’s journal is the plan, field by field',
    async () => {
      const reached = new Set<string>();
      await fc.assert(
        fc.asyncProperty(
          fc.array(change, { minLength: 4, maxLength: 25 }),
          fc.array(change, { minLength: 1, maxLength: 15 }),
          async (before, since) => {
            await reset();
            const braked = { ...dependencies, brakeLimits: BRAKE };
            const { ems } = database;
            for (const status of ['OPEN', 'OPEN']) {
              const event = await ems.event({ status });
              const race = await ems.race(event);
              await ems.startGroup(race);
              await ems.participant(event, race, { bib: '1' });
            }
            for (const each of before) await apply(each);
            await sweepInProcess(braked, 'TAGSERVER');
            for (const each of since) await apply(each);

            const tables = await ourTables();
            const { changes, stopped } = await plan(braked);
            expect(await ourTables()).toEqual(tables);
            const done = await journalOf(() => sweepInProcess(braked, 'TAGSERVER'));
            // A row that is parked or waits, and lets go of a chip's former wearer: the plan says so, not what is left of it.
            for (const { type, id } of changes.filter(({ releases }) => releases === true))
              expect(done.delete(`${type}/${id}`)).toBe(true);
            expect(byName(done)).toEqual(byName(asDone(changes)));
            for (const { action } of changes) reached.add(action);
            if (stopped.some((reason) => reason.startsWith('HELD: '))) reached.add('hold');
          },
        ),
        { numRuns: RUNS, examples: EXAMPLES, endOnFailure: true },
      );
      // TagServer knows no consent: what is suppressed is tested with Mautic and MailChimp (test/clients/plan-targets).
      expect([...reached]).toEqual(expect.arrayContaining(['create', 'change', 'delete', 'park', 'wait', 'hold']));
    },
    120_000 + RUNS * 20_000,
  );
});
