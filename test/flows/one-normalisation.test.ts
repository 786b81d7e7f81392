import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import { System } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start({ targets: ['CHATWOOT', 'MAILCHIMP', 'MAUTIC'] });
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await system?.stop();
});

const states = async (process: ProcessUnderTest, people: readonly string[]) =>
  Promise.all(people.map(async (person) => (await process.record('Person', person))?.state ?? null));

/** The number of writes that a target has received so far. */
async function writes(name: Extract<SyncProcessName, 'CHATWOOT' | 'MAILCHIMP' | 'MAUTIC'>): Promise<number> {
  const { control } = { CHATWOOT: system.chatwoot, MAILCHIMP: system.mailchimp, MAUTIC: system.mautic }[name];
  return (await control.journal({ writesOnly: true })).filter(({ path }) => !path.endsWith('/filter')).length;
}

describe('one phone in two notations', () => {
  test.each([
    ['+351 912 345 678', '912345678'],
    ['+351 21 123 4567 ext. 12', '+351 21 123 4567 ext. 13'],
  ])('%s and %s: one person has it, the other is there without it, and nothing waits', async (one, other) => {
    const chatwoot = system.process('CHATWOOT');
    const mother = await system.ems.person({ email: `mother.${one.length}@clube.example`, phone: one, country: 'PT' });
    const father = await system.ems.person({
      email: `father.${one.length}@clube.example`,
      phone: other,
      country: 'PT',
    });
    await chatwoot.settle();
    expect(await states(chatwoot, [mother, father])).toEqual(['IN_SYNC', 'IN_SYNC']);
    const contacts = Object.values((await system.chatwoot.control.state()).contacts);
    const phones = [mother, father].map(
      (key) => contacts.find(({ custom_attributes }) => custom_attributes['ems_person_id'] === key)?.phone_number,
    );
    expect(phones).toEqual([expect.stringMatching(/^\+351\d{9}$/), null]);
    expect((await chatwoot.sweep()).totals).toEqual({});
  });

  test('that a contact of ChatWoot’s has in E.164 is the person’s whom EMS has in another: nobody is made twice', async () => {
    const chatwoot = system.process('CHATWOOT');
    const person = await system.ems.person({ last_name: 'Costa', phone: '913 333 333', country: 'PT' });
    const { contact } = await system.chatwoot.control.backdoor({
      do: 'create-contact',
      set: { name: 'Ana Costa', phone_number: '+351913333333' },
    });
    await chatwoot.poll();
    await chatwoot.settle();
    expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC', remote_id: String(contact) });
    const { rows } = await system.database.query(`SELECT FROM person WHERE last_name = 'Costa'`);
    expect(rows.length).toBe(1);
  });
});

describe('white space around an address that persons share', () => {
  test.each(['CHATWOOT', 'MAILCHIMP', 'MAUTIC'] as const)(
    '%s: one has the contact, the others share it, and an idle sweep asks nothing and writes nothing',
    async (name) => {
      const process = system.process(name);
      const email = `twin.${name.toLowerCase()}@x.example`;
      const people: string[] = [];
      for (const notation of [email, `${email}\n`, `\u00a0${email}`, email.toUpperCase()]) {
        const person = await system.ems.person({ email: notation });
        await system.ems.preference(person, true);
        people.push(person);
      }
      await process.settle();
      expect(await states(process, people)).toEqual(['IN_SYNC', 'SHARED', 'SHARED', 'SHARED']);
      const [before, versions] = [await writes(name), await system.rowVersions()];
      expect((await process.sweep()).totals).toEqual({});
      expect(await writes(name)).toBe(before);
      expect(await system.rowVersions()).toEqual(versions);
    },
  );
});

test('two hundred share one address: who changes is due, and nobody else; when the holder lets go, the next in line', async () => {
  const mautic = system.process('MAUTIC');
  await mautic.settle();
  const { rows } = await system.database.query<{ id: string }>(
    `INSERT INTO person (modified_on, last_name, email, date_of_birth)
     SELECT clock_timestamp(), 'Silva', 'none@none.com', date '1950-01-01' + n FROM generate_series(1, 200) n RETURNING id`,
  );
  const [holder = '', next = '', third = ''] = rows.map(({ id }) => id);
  await mautic.settle();
  expect(await states(mautic, [holder, next, third])).toEqual(['IN_SYNC', 'SHARED', 'SHARED']);

  await system.ems.update('person', third, { first_name: 'Rui' });
  expect((await mautic.sweep()).totals['Person']).toMatchObject({ due: 1, started: 1, shared: 1 });
  await system.ems.update('person', holder, { first_name: 'Eva' });
  expect((await mautic.sweep()).totals['Person']).toMatchObject({ due: 1, started: 1, inSync: 1 });

  await system.ems.update('person', holder, { email: 'holder@x.example' });
  expect((await mautic.sweep()).totals['Person']).toMatchObject({ started: 2, touched: 198 });
  await mautic.settle();
  expect(await states(mautic, [holder, next, third])).toEqual(['IN_SYNC', 'IN_SYNC', 'SHARED']);
  expect(await mautic.record('Person', third)).toMatchObject({ shared_with: next });
  expect((await mautic.sweep()).totals).toEqual({});
});
