import { describe, expect, test } from '@jest/globals';
import { asSent, failureOf } from '../results.ts';
import { ANA, mauticUnderTest } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const LACKING = [
  'field ems_person_id',
  'field ems_birth_date',
  'field ems_events',
  'segment ems-newsletter',
  'segment ems-offers',
  'segment ems-results',
  'segment ems-service',
];

/** Resets to a newly installed Mautic. */
async function fresh() {
  await mautic.control.reset();
  const { shape, ...remote } = mautic.connect();
  if (shape === undefined) throw new Error('Mautic has a shape');
  return { shape, remote };
}

describe('a new Mautic', () => {
  test.each(['4', '5'] as const)(
    'of version %s is whole once our fields are there, though it answers isUniqueIdentifier only',
    async (version) => {
      const { shape, remote } = await fresh();
      await mautic.control.setSettings({ version });
      await shape.create();
      expect(await shape.missing()).toEqual([]);
      asSent(await remote.send(mautic.request('4711', ANA)));
    },
  );

  test('lacks our fields and segments, which are created, once', async () => {
    const { shape, remote } = await fresh();
    expect(await shape.missing()).toEqual(LACKING);
    expect(await shape.create()).toEqual(LACKING);
    expect(await shape.missing()).toEqual([]);
    expect(await shape.create()).toEqual([]);
    asSent(await remote.send(mautic.request('4711', ANA)));
  });

  test('is written nothing to before: the target is down, and what to do is said', async () => {
    const { remote } = await fresh();
    const calls = [
      () => remote.send(mautic.request('4711', ANA)),
      () => remote.bulk?.sendMany([mautic.request('4711', ANA)]) ?? Promise.resolve(),
    ];
    for (const call of calls) {
      const failure = await failureOf(call());
      expect(failure).toMatchObject({ errorClass: 'target-down', code: 'incomplete' });
      expect(failure.message).toContain('field ems_person_id');
      expect(failure.message).toContain('npx ems-sync check --fix');
    }
    expect(await mautic.contacts()).toEqual([]);
  });

  test('that is set up meanwhile is written to at once', async () => {
    const { shape, remote } = await fresh();
    await failureOf(remote.send(mautic.request('4711', ANA)));
    await shape.create();
    asSent(await remote.send(mautic.request('4711', ANA)));
  });
});

test.each([
  ['unique', { alias: 'ems_person_id', label: 'EMS', type: 'text' }, 'make it one in Mautic'],
  ['published', { alias: 'ems_events', label: 'EMS', type: 'textarea' }, 'publish it in Mautic'],
])('a field that is not %s is left to whoever made it, and told of', async (_, field, words) => {
  const { shape } = await fresh();
  await mautic.control.backdoor({ do: 'create-field', field });
  if (field.alias === 'ems_events') await mautic.control.backdoor({ do: 'unpublish-field', alias: field.alias });
  const created = await shape.create();
  expect(created).not.toContain(`field ${field.alias}`);
  const [line, ...more] = await shape.missing();
  expect(line).toContain(`field ${field.alias} (there, but`);
  expect(line).toContain(words);
  expect(more).toEqual([]);
});

test('what was found whole is not asked about again for each write', async () => {
  asSent(await mautic.send('1', ANA));
  await mautic.control.clearJournal();
  asSent(await mautic.send('2', { ...ANA, email: 'rui@clube.example' }));
  expect((await mautic.calls()).filter((call) => call.includes('fields'))).toEqual([]);
});

const unpublish = async (isPublished = false) => {
  const segment = Object.values((await mautic.control.state()).segments).find(({ alias }) => alias === 'ems-offers');
  await mautic.control.backdoor({ do: 'publish-segment', segment: segment?.id ?? 0, isPublished });
};

describe('a segment that is not published', () => {
  const OFFERS = { consent: { email: 'in' }, topics: new Set(['OFFERS']) };
  const NEWS = { consent: { email: 'in' }, topics: new Set(['NEWSLETTER']) };

  test('is told of by check, and holds up those alone who want its topic', async () => {
    await unpublish();
    expect(await mautic.remote().shape?.missing()).toEqual([
      'segment ems-offers (there, but not published: publish it in Mautic)',
    ]);
    asSent(await mautic.send('1', { ...ANA, ...NEWS }));
    const failure = await failureOf(mautic.send('2', { ...ANA, ...OFFERS, email: 'rui@clube.example' }));
    expect(failure).toMatchObject({ errorClass: 'transient', code: 'segment-unpublished' });
    expect(failure.message).toContain('ems-offers is not published');
    expect(failure.message).not.toContain('MAUTIC_PASSWORD');
  });

  test('throws nobody else away in a call with many, and heals', async () => {
    await unpublish();
    const requests = () =>
      ['1', '2', '3'].map((key) =>
        mautic.request(key, { ...ANA, ...(key === '2' ? OFFERS : NEWS), email: `ana${key}@clube.example` }),
      );
    const results = await mautic.sendMany(requests());
    expect(results).toMatchObject([{ kind: 'sent' }, { code: 'segment-unpublished' }, { kind: 'sent' }]);
    await unpublish(true);
    for (const result of await mautic.sendMany(requests())) asSent(result);
    expect((await mautic.contacts()).map(({ segments }) => segments)).toEqual([
      ['ems-newsletter'],
      ['ems-offers'],
      ['ems-newsletter'],
    ]);
  });

  test('keeps whoever leaves its topic until it is published: that is told, too', async () => {
    asSent(await mautic.send('1', { ...ANA, ...OFFERS }));
    await unpublish();
    expect(await failureOf(mautic.send('1', { ...ANA, ...NEWS }))).toMatchObject({ code: 'segment-unpublished' });
    await unpublish(true);
    asSent(await mautic.send('1', { ...ANA, ...NEWS }));
    expect((await mautic.contacts()).map(({ segments }) => segments)).toEqual([['ems-newsletter']]);
  });
});

const advice = (probe: boolean) => mautic.remote().shape?.advice?.({ probe });

describe('advice', () => {
  test('of a Mautic installed as 5.1 says which of its fields take 64 characters, and leaves no contact behind', async () => {
    expect(await advice(false)).toEqual([]);
    const lines = (await advice(true)) ?? [];
    expect(lines).toContainEqual(expect.stringContaining('field firstname takes 64 characters'));
    expect(lines).toContainEqual(expect.stringContaining('field email takes 64 characters'));
    expect(await mautic.contacts()).toEqual([]);
    await mautic.control.setSettings({ textLength: 191 });
    expect(await advice(true)).toEqual([]);
  });

  test('names fields with a default, and our own are made long enough', async () => {
    await mautic.control.backdoor({ do: 'set-default', alias: 'city', value: 'Porto' });
    expect(await advice(false)).toEqual([expect.stringContaining('field city has a default')]);
    const own = Object.values((await mautic.control.state()).fields).filter(({ alias }) => alias.startsWith('ems_'));
    expect(own.map(({ type, charLengthLimit }) => [type, charLengthLimit])).toEqual([
      ['text', 191],
      ['text', 191],
      ['textarea', null],
    ]);
  });
});
