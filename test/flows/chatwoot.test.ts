import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProcessUnderTest } from './process-under-test.ts';
import { System } from './system.ts';

let system: System;
let chatwoot: ProcessUnderTest;

beforeAll(async () => {
  system = await System.start({ targets: ['CHATWOOT'] });
  chatwoot = system.process('CHATWOOT');
}, 60_000);

afterAll(async () => {
  await system.stop();
});

let people = 0;

/** A person of EMS with an e-mail of its own, and its contact. */
async function personInStep(
  values: Readonly<Record<string, unknown>> = {},
): Promise<{ person: string; contact: number }> {
  people += 1;
  const person = await system.ems.person({ email: `ana${people}@clube.example`, ...values });
  await chatwoot.syncNow('Person', person);
  return { person, contact: await contactOf(person) };
}

async function contactOf(person: string): Promise<number> {
  return Number((await chatwoot.record('Person', person))?.remote_id);
}

async function contact(id: number) {
  const { contacts } = await system.chatwoot.control.state();
  return contacts[id] ?? null;
}

async function row(table: string, id: string): Promise<Record<string, unknown>> {
  const { rows } = await system.database.query(`SELECT *, modified_on::text FROM ${table} WHERE id = $1`, [id]);
  return rows[0];
}

async function writes(): Promise<number> {
  return (await system.chatwoot.control.journal({ writesOnly: true })).filter(({ path }) => !path.endsWith('/filter'))
    .length;
}

const edit = (id: number, set: Record<string, unknown>) =>
  system.chatwoot.control.backdoor({ do: 'edit-contact', contact: id, set });

describe('ChatWoot: persons', () => {
  test('Outbound Sync - New Entity Records', async () => {
    const person = await system.ems.person({ first_name: 'Zoë', last_name: 'O’Brien', email: 'Zoe@Clube.example' });
    await chatwoot.sweep();
    const record = await chatwoot.record('Person', person);
    expect(record).toMatchObject({ state: 'IN_SYNC', entity_id: person });
    expect(record?.entity_synced_on).toBe(await system.modifiedOn('person', person));
    expect(await contact(Number(record?.remote_id))).toMatchObject({
      name: 'Zoë O’Brien',
      email: 'zoe@clube.example',
      identifier: person,
    });
  });

  test('Outbound Sync - Updated Entity Record', async () => {
    const { person, contact: id } = await personInStep();
    await system.ems.update('person', person, { last_name: 'Costa' });
    await chatwoot.sweep();
    expect(await contact(id)).toMatchObject({ name: 'Ana Costa' });
    expect((await chatwoot.record('Person', person))?.entity_synced_on).toBe(await system.modifiedOn('person', person));
  });

  test('Inbound Sync - Bounce-back Detection: our own write comes back and writes nothing anywhere', async () => {
    const { person } = await personInStep();
    await chatwoot.settle();
    const [before, versions] = [await writes(), await system.rowVersions()];
    await chatwoot.poll();
    await chatwoot.request('Person', person, 'inbound');
    await chatwoot.quiet();
    expect(await writes()).toBe(before);
    expect({ ...(await system.rowVersions()), sync_pass: null }).toEqual({ ...versions, sync_pass: null });
  });

  test('Inbound Sync - Polling for Remote Changes: the change is EMS’s, and is not sent back', async () => {
    const { person, contact: id } = await personInStep();
    const before = await writes();
    await edit(id, { name: 'Ana Maria Silva', phone_number: '+351912345678' });
    await chatwoot.poll();
    expect(await row('person', person)).toMatchObject({
      first_name: 'Ana Maria',
      last_name: 'Silva',
      phone: '+351912345678',
    });
    expect(await chatwoot.record('Person', person)).toMatchObject({
      state: 'IN_SYNC',
      entity_synced_on: await system.modifiedOn('person', person),
    });
    await chatwoot.sweep();
    expect(await writes()).toBe(before);
  });

  test('Inbound Sync - Unchanged Fields: a change of what is not mapped moves nothing', async () => {
    const { person, contact: id } = await personInStep();
    await chatwoot.settle();
    const modifiedOn = await system.modifiedOn('person', person);
    const before = await writes();
    await edit(id, { blocked: true });
    await chatwoot.settle();
    expect(await system.modifiedOn('person', person)).toBe(modifiedOn);
    expect(await writes()).toBe(before);
  });

  test('Conflict Resolution: EMS always wins, and what lost is kept', async () => {
    const { person, contact: id } = await personInStep();
    await system.ems.update('person', person, { last_name: 'Ferreira' });
    await edit(id, { name: 'Ana Agent' });
    await chatwoot.settle();
    expect(await row('person', person)).toMatchObject({ first_name: 'Ana', last_name: 'Ferreira' });
    expect(await contact(id)).toMatchObject({ name: 'Ana Ferreira' });
    const { rows } = await system.database.query('SELECT fields FROM sync_conflict WHERE entity_key = $1', [person]);
    expect(rows).toEqual([{ fields: ['name'] }]);
  });

  test('a contact that EMS does not know becomes a person', async () => {
    const { contact: id } = await system.chatwoot.control.backdoor({
      do: 'create-contact',
      set: { name: 'Rui Sousa', email: 'rui@clube.example' },
    });
    await chatwoot.settle();
    const person = await chatwoot.keyOf('Person', id);
    expect(await row('person', person)).toMatchObject({
      first_name: 'Rui',
      last_name: 'Sousa',
      email: 'rui@clube.example',
    });
    expect(await contact(id)).toMatchObject({ identifier: person });
  });
});
