import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '../clients/run-cli.ts';
import { System } from './system.ts';

let system: System;

beforeAll(async () => {
  system = await System.start({ settings: { SYNC_DELETE_LIMIT: '2', SYNC_UPDATE_LIMIT: '2' } });
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await system?.stop();
});

async function cli(...args: string[]) {
  const run = await runCli(args, system.environment);
  return { ...run, said: `${run.stdout}${run.stderr}` };
}

const holds = async () => JSON.parse((await cli('status', '--json')).stdout).held;

async function peopleInStep(count: number): Promise<string[]> {
  const people: string[] = [];
  for (let n = 0; n < count; n += 1) people.push(await system.ems.person({ first_name: `Runner ${n}` }));
  await system.sweep();
  return people;
}

/** What TagServer has of these persons: null for those that are gone. */
const namesOf = async (people: readonly string[]) =>
  Promise.all(people.map(async (person) => (await system.remote('persons', person))?.['firstName'] ?? null));

describe('a sweep that would do very much at once', () => {
  test('removes nobody before an operator approves it, and then those alone', async () => {
    const people = await peopleInStep(6);
    const [first = '', ...rest] = people;
    await system.database.query('DELETE FROM person WHERE id = ANY ($1::bigint[])', [rest.slice(0, 4)]);

    const sweep = await system.sweep();
    expect(sweep).toMatchObject({
      ended: 'held',
      reason: expect.stringMatching(
        /^HELD: 4 of 6 Person would leave TAGSERVER at once, for example 2, 3, 4, 5\. None is removed\..*approve TAGSERVER \d+$/,
      ),
    });
    // Nor does one leave by itself, and an ordinary change goes on.
    await system.ems.update('person', first, { first_name: 'Rui' });
    expect(await system.syncNow('Person', rest[0] ?? '')).toMatchObject({ outcome: 'NOTHING' });
    await system.sweep();
    expect(await namesOf(people)).toEqual(['Rui', 'Runner 1', 'Runner 2', 'Runner 3', 'Runner 4', 'Runner 5']);
    const [hold] = await holds();
    expect(hold).toMatchObject({ process: 'TAGSERVER', type: 'Person', kind: 'delete', held: 4, linked: 6 });
    expect((await cli('status')).said).toContain('None is removed');

    expect(await cli('approve', 'TAGSERVER', `${hold.id}`)).toMatchObject({ code: 0 });
    expect(await system.sweep()).toMatchObject({ ended: 'complete', totals: { Person: { removed: 4 } } });
    expect(await namesOf(people)).toEqual(['Rui', null, null, null, null, 'Runner 5']);
    await system.sweep();
    expect(await holds()).toEqual([]);
  });

  test('changes nobody before an operator approves it; what is new, or was only touched, is not held', async () => {
    const people = await peopleInStep(6);
    await system.database.query('UPDATE person SET modified_on = clock_timestamp()');
    expect(await system.sweep()).toMatchObject({ ended: 'complete' });

    await system.database.query(
      "UPDATE person SET first_name = 'Test', modified_on = clock_timestamp()",
    );
    const newcomer = await system.ems.person({ first_name: 'Eva' });
    expect(await system.sweep()).toMatchObject({ ended: 'held', totals: { Person: { inSync: 1 } } });
    expect(await namesOf([newcomer, ...people.slice(0, 2)])).toEqual(['Eva', 'Runner 0', 'Runner 1']);

    const [hold] = await holds();
    expect(hold).toMatchObject({ kind: 'update' });
    // A world that has moved beyond what was approved asks again.
    await cli('approve', 'TAGSERVER', `${hold.id}`);
    expect(await system.sweep()).toMatchObject({ ended: 'complete' });
    expect(await namesOf(people)).toEqual(people.map(() => 'Test'));
  });
});
