import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { subscriberHash } from '../../simulators/mailchimp/start.ts';
import { runCli } from '../clients/run-cli.ts';
import { allHistories } from './personal-words.ts';
import { System } from './system.ts';

const TARGETS = ['TAGSERVER', 'MAUTIC', 'MAILCHIMP', 'CHATWOOT'] as const;

let system: System;

beforeAll(async () => {
  system = await System.start({ targets: TARGETS });
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await system?.stop();
});

/** A person known to every target, described by unique words. */
async function everywhere(words: {
  readonly first: string;
  readonly last: string;
  readonly email: string;
  readonly phone: string;
}) {
  const { first, last, email, phone } = words;
  const person = await system.ems.person({ first_name: first, last_name: last, email, phone, country: 'PT' });
  const preference = await system.ems.preference(person, true);
  const event = await system.ems.event();
  const participant = await system.ems.participant(event, await system.ems.race(event), { person_id: person });
  await system.ems.tag(participant, { code: `ABCD${person.padStart(4, '0')}` });
  await sweepAll();
  return { person, preference, participant };
}

async function sweepAll(): Promise<void> {
  for (const name of TARGETS) await system.process(name).sweep();
  for (const name of TARGETS) await system.process(name).quiet();
}

/** The targets that currently have the address or the EMS id. */
async function holders(email: string, person: string): Promise<string[]> {
  const lower = email.toLowerCase();
  const [tagServer, mautic, mailchimp, chatwoot] = await Promise.all([
    system.tagServer.control.state(),
    system.mautic.control.state(),
    system.mailchimp.control.state(),
    system.chatwoot.control.state(),
  ]);
  const has = {
    TAGSERVER: tagServer.persons[person]?.data != null,
    MAUTIC: Object.values(mautic.contacts).some(({ fields }) => String(fields['email']).toLowerCase() === lower),
    MAILCHIMP: Object.hasOwn(mailchimp.members, subscriberHash(email)),
    CHATWOOT: Object.values(chatwoot.contacts).some((contact) => contact.email?.toLowerCase() === lower),
  };
  return TARGETS.filter((name) => has[name]);
}

const erase = (person: string) => runCli(['erase', 'person', person, '--json', '--timeout', '60'], system.environment);

/** Every table of ours as text. */
async function ourTables(): Promise<string> {
  const { rows } = await system.database.query(
    "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relname LIKE 'sync\\_%'",
  );
  const texts: string[] = [];
  for (const { name } of rows) {
    const table = await system.database.query<{ row: string }>(`SELECT t::text AS row FROM ${name} t`);
    texts.push(...table.rows.map(({ row }) => row));
  }
  return texts.join('\n');
}

describe('a person who is erased', () => {
  const words = {
    first: 'Quendolyne',
    last: 'Zwiebackova',
    email: 'Quendolyne.Z@clube.example',
    phone: '+351912345671',
  };
  let person: string;

  test('leaves every target by its strongest deletion, with a receipt for each; EMS is not touched', async () => {
    const made = await everywhere(words);
    ({ person } = made);
    expect(await holders(words.email, person)).toEqual([...TARGETS]);
    const before = await system.modifiedOn('person', person);
    const { code, stdout, stderr } = await erase(person);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { complete, receipts } = JSON.parse(stdout);
    expect(complete).toBe(true);
    expect(receipts).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ process: 'TAGSERVER', type: 'Person', id: person, outcome: 'erased' }),
        expect.objectContaining({
          process: 'TAGSERVER',
          type: 'EventParticipant',
          id: made.participant,
          outcome: 'erased',
        }),
        expect.objectContaining({ process: 'MAUTIC', type: 'Person', outcome: 'erased' }),
        expect.objectContaining({
          process: 'MAILCHIMP',
          type: 'Person',
          outcome: 'erased',
          detail: expect.stringContaining('delete-permanent'),
        }),
        expect.objectContaining({ process: 'CHATWOOT', type: 'Person' }),
      ]),
    );
    expect(await holders(words.email, person)).toEqual([]);
    expect(await system.modifiedOn('person', person)).toBe(before);
    expect((await system.mailchimp.control.state()).forgotten).toContain(subscriberHash(words.email));
  });

  test('stays away: after a change in EMS, webhooks, sweeps, polls and a bulk load, also of the same address in another row', async () => {
    await system.ems.update('person', person, { last_name: 'Zwiebackova-Neu' });
    for (const name of ['MAUTIC', 'MAILCHIMP', 'CHATWOOT'] as const)
      await system.process(name).syncNow('Person', person, 'inbound');
    const again = await system.ems.person({ first_name: 'Q', last_name: 'Z', email: ` ${words.email.toUpperCase()} ` });
    await system.ems.preference(again, true);
    for (let other = 0; other < 30; other += 1) {
      const id = await system.ems.person({ email: `other${other}@clube.example` });
      await system.ems.preference(id, true);
    }
    for (let round = 0; round < 2; round += 1) {
      await sweepAll();
      for (const name of ['MAUTIC', 'MAILCHIMP', 'CHATWOOT'] as const) await system.process(name).poll();
    }
    for (const id of [person, again]) {
      for (const name of ['MAUTIC', 'MAILCHIMP', 'CHATWOOT'] as const) {
        const record = await system.process(name).record('Person', id);
        expect([name, id, record?.state, record?.last_error]).toEqual([name, id, 'ERASED', null]);
      }
    }
    expect(await holders(words.email, person)).toEqual([]);
    expect(await holders('other7@clube.example', '0')).toEqual(['MAUTIC', 'MAILCHIMP', 'CHATWOOT']);
    const { stdout } = await runCli(['status', '--json'], system.environment);
    expect(JSON.parse(stdout)).toMatchObject({ inStep: true });
  });

  test('is in no log, history or table of ours, by name, address or hash of it', async () => {
    const { first, last, email, phone } = words;
    const hash = subscriberHash(email);
    const traces = [first, last, email, email.toLowerCase(), phone, hash];
    const histories = await allHistories(system.temporal);
    const tables = await ourTables();
    for (const trace of traces) {
      for (const [id, text] of histories) expect([id, text.includes(trace)]).toEqual([id, false]);
      expect(system.workerLog).not.toContain(trace);
      expect(tables).not.toContain(trace);
    }
  });

  test('is erased again without harm: the first receipt stays', async () => {
    const { code, stdout } = await erase(person);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).receipts).toEqual(
      expect.arrayContaining([expect.objectContaining({ process: 'MAILCHIMP', outcome: 'erased' })]),
    );
  });
});

test('a person whom EMS has deleted already is erased by what the targets know', async () => {
  const words = { first: 'Xanthippus', last: 'Avondale', email: 'xanthippus@clube.example', phone: '+351912345672' };
  const { person, preference, participant } = await everywhere(words);
  await system.database.query('DELETE FROM tag WHERE event_participant_id = $1', [participant]);
  await system.ems.delete('event_participant', participant);
  await system.ems.delete('contact_preference', preference);
  await system.ems.delete('person', person);
  const { code, stdout } = await erase(person);
  expect(code).toBe(0);
  expect(JSON.parse(stdout).receipts).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ process: 'MAUTIC', outcome: 'erased' }),
      expect.objectContaining({ process: 'MAILCHIMP', outcome: 'erased' }),
    ]),
  );
  const anew = await system.ems.person({ email: words.email });
  await system.ems.preference(anew, true);
  await sweepAll();
  const marketing = (await holders(words.email, anew)).filter((name) => name !== 'TAGSERVER');
  expect(marketing).toEqual([]);
  expect(await system.process('MAILCHIMP').record('Person', anew)).toMatchObject({
    state: 'ERASED',
    last_error: null,
  });
});

test('a target that is off is named, and the erasure is not complete before it is on again', async () => {
  const { person } = await everywhere({
    first: 'Leonidas',
    last: 'Everglade',
    email: 'leonidas@clube.example',
    phone: '+351912345673',
  });
  const withoutMautic = Object.entries(system.environment).filter(([name]) => !name.startsWith('MAUTIC_'));
  const run = await runCli(['erase', 'person', person, '--json'], Object.fromEntries(withoutMautic));
  expect(run.code).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({ complete: false, off: ['MAUTIC'] });
  expect(run.stderr).toContain(`MAUTIC is off, so its data of Person/${person} are not erased`);
  expect((await erase(person)).code).toBe(0);
});

describe('used wrongly', () => {
  test.each([
    [['erase', 'event', '1'], 2, 'only a person'],
    [['erase', 'person', 'x'], 2, 'is not an id of an EMS row'],
    [['erase', 'person', '999999'], 1, 'EMS has no Person 999999'],
  ])('%j says what is wrong', async (args, code, words) => {
    const run = await runCli(args, system.environment);
    expect(run.code).toBe(code);
    expect(run.stderr).toContain(words);
  });
});
