import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import { remoteWorkflowId } from '../../sync/workflow-ids.ts';
import { ChatwootUnderTest } from './chatwoot-under-test.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { System } from './system.ts';

let under: ChatwootUnderTest;
let system: System;
let chatwoot: ProcessUnderTest;

beforeAll(async () => {
  under = await ChatwootUnderTest.start();
  ({ system, process: chatwoot } = under);
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await under?.stop();
});

describe('ChatWoot: persons', () => {
  test('Outbound Sync - New Entity Records', async () => {
    const person = await system.ems.person({ first_name: 'Zoë', last_name: 'O’Brien', email: 'Zoe@Clube.example' });
    await chatwoot.sweep();
    const record = await chatwoot.record('Person', person);
    expect(record).toMatchObject({ state: 'IN_SYNC', entity_id: person });
    expect(record?.entity_synced_on).toBe(await system.modifiedOn('person', person));
    expect(await under.contact(Number(record?.remote_id))).toMatchObject({
      name: 'Zoë O’Brien',
      email: 'zoe@clube.example',
      custom_attributes: { ems_person_id: person },
    });
  });

  test('Outbound Sync - Updated Entity Record', async () => {
    const { person, contact: id } = await under.personInStep();
    await system.ems.update('person', person, { last_name: 'Costa' });
    await chatwoot.sweep();
    expect(await under.contact(id)).toMatchObject({ name: 'Ana Costa' });
    expect((await chatwoot.record('Person', person))?.entity_synced_on).toBe(await system.modifiedOn('person', person));
  });

  test('Inbound Sync - Bounce-back Detection: our own write comes back and writes nothing anywhere', async () => {
    const { person } = await under.personInStep();
    await chatwoot.settle();
    const [before, versions] = [await under.writes(), await system.rowVersions()];
    await chatwoot.poll();
    await chatwoot.request('Person', person, 'inbound');
    await chatwoot.quiet();
    expect(await under.writes()).toBe(before);
    expect({ ...(await system.rowVersions()), sync_pass: null }).toEqual({ ...versions, sync_pass: null });
  });

  test('Inbound Sync - Polling for Remote Changes: the change is EMS’s, and is not sent back', async () => {
    const { person, contact: id } = await under.personInStep();
    const before = await under.writes();
    await under.edit(id, { name: 'Ana Maria Silva', phone_number: '+351912345678' });
    await chatwoot.poll();
    expect(await under.row('person', person)).toMatchObject({
      first_name: 'Ana Maria',
      last_name: 'Silva',
      phone: '+351912345678',
    });
    expect(await chatwoot.record('Person', person)).toMatchObject({
      state: 'IN_SYNC',
      entity_synced_on: await system.modifiedOn('person', person),
    });
    await chatwoot.sweep();
    expect(await under.writes()).toBe(before);
  });

  test('Inbound Sync - Unchanged Fields: a change of what is not mapped moves nothing', async () => {
    const { person, contact: id } = await under.personInStep();
    await chatwoot.settle();
    const modifiedOn = await system.modifiedOn('person', person);
    const before = await under.writes();
    await under.edit(id, { blocked: true });
    await chatwoot.settle();
    expect(await system.modifiedOn('person', person)).toBe(modifiedOn);
    expect(await under.writes()).toBe(before);
  });

  test('Conflict Resolution: EMS always wins, and what lost is kept', async () => {
    const { person, contact: id } = await under.personInStep();
    await system.ems.update('person', person, { last_name: 'Ferreira' });
    await under.edit(id, { name: 'Ana Agent' });
    await chatwoot.settle();
    expect(await under.row('person', person)).toMatchObject({ first_name: 'Ana', last_name: 'Ferreira' });
    expect(await under.contact(id)).toMatchObject({ name: 'Ana Ferreira' });
    const { rows } = await system.database.query('SELECT fields FROM sync_conflict WHERE entity_key = $1', [person]);
    expect(rows).toEqual([{ fields: ['name'] }]);
  });

  test('a sweep alone writes over no change that no poll has seen', async () => {
    const { person, contact: id } = await under.personInStep();
    await system.ems.update('person', person, { last_name: 'Swept' });
    await under.edit(id, { name: 'Ana Unseen' });
    await chatwoot.sweep();
    expect(await under.contact(id)).toMatchObject({ name: 'Ana Swept' });
    const { rows } = await system.database.query('SELECT fields FROM sync_conflict WHERE entity_key = $1', [person]);
    expect(rows).toEqual([{ fields: ['name'] }]);
  });

  test('a contact that is there already is matched by its e-mail: EMS wins, gaps are filled in, and what lost is kept', async () => {
    const email = under.email();
    const { contact: id } = await system.chatwoot.control.backdoor({
      do: 'create-contact',
      set: { name: 'Agent’s Spelling', email, phone_number: '+351977777777' },
    });
    const person = await system.ems.person({ email });
    await chatwoot.sweep();
    await chatwoot.quiet();
    expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC', remote_id: String(id) });
    expect(await under.contact(id)).toMatchObject({
      custom_attributes: { ems_person_id: person },
      name: 'Ana Silva',
      phone_number: '+351977777777',
    });
    expect(await under.row('person', person)).toMatchObject({ first_name: 'Ana', phone: '+351977777777' });
    const { rows } = await system.database.query('SELECT fields FROM sync_conflict WHERE entity_key = $1', [person]);
    expect(rows).toEqual([{ fields: ['name'] }]);
  });

  test('a contact without e-mail and phone is nobody, and no workflow is started for it; with one of them it is a person', async () => {
    const { contact: id } = await system.chatwoot.control.backdoor({
      do: 'create-contact',
      set: { name: 'Eva Pinto', identifier: 'crm-77' },
    });
    const { ended, totals } = await chatwoot.poll();
    expect({ ended, unknown: totals.Person?.unknown }).toEqual({ ended: 'complete', unknown: 0 });
    expect(totals.Person?.listed).toBeGreaterThan(0);
    const description = system.temporal.workflow
      .getHandle(remoteWorkflowId('CHATWOOT', 'Person', String(id)))
      .describe();
    await expect(description).rejects.toThrow(WorkflowNotFoundError);
    await system.chatwoot.control.backdoor({ do: 'edit-contact', contact: id, set: { phone_number: '+351955555555' } });
    await chatwoot.settle();
    const person = await chatwoot.keyOf('Person', id);
    expect(await under.row('person', person)).toMatchObject({ last_name: 'Pinto', phone: '+351955555555' });
  });

  test('a contact that EMS does not know becomes a person', async () => {
    const { contact: id } = await system.chatwoot.control.backdoor({
      do: 'create-contact',
      set: { name: 'Rui Sousa', email: 'rui@clube.example' },
    });
    await chatwoot.settle();
    const person = await chatwoot.keyOf('Person', id);
    expect(await under.row('person', person)).toMatchObject({
      first_name: 'Rui',
      last_name: 'Sousa',
      email: 'rui@clube.example',
    });
    expect(await under.contact(id)).toMatchObject({ custom_attributes: { ems_person_id: person } });
  });
});
