import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Status } from '../../clients/status.ts';
import type { ProcessUnderTest } from '../flows/process-under-test.ts';
import { System } from '../flows/system.ts';
import { runCli, type CliRun } from './run-cli.ts';

/** The commands for inbound processes, against ChatWoot and RunSignup. */
let system: System;
let chatwoot: ProcessUnderTest;
let people = 0;

beforeAll(async () => {
  system = await System.start({ targets: ['CHATWOOT', 'RUNSIGNUP'] });
  chatwoot = system.process('CHATWOOT');
});
afterAll(async () => {
  await system?.stop();
});

const ems = (...args: string[]): Promise<CliRun> => runCli(args, system.environment);

async function json<T>(...args: string[]): Promise<T> {
  const { stdout, stderr } = await ems(...args, '--json');
  if (stdout === '') throw new Error(`${args.join(' ')} printed nothing: ${stderr}`);
  return JSON.parse(stdout) as T;
}

async function personInStep(): Promise<{ person: string; contact: number }> {
  people += 1;
  const person = await system.ems.person({ email: `ana${people}@clube.example` });
  await chatwoot.syncNow('Person', person);
  return { person, contact: Number((await chatwoot.record('Person', person))?.remote_id) };
}

const edit = (contact: number, set: Record<string, unknown>) =>
  system.chatwoot.control.backdoor({ do: 'edit-contact', contact, set });

async function newContact(set: Record<string, unknown>): Promise<string> {
  return String((await system.chatwoot.control.backdoor({ do: 'create-contact', set })).contact);
}

async function personRow(id: string): Promise<Record<string, unknown>> {
  const { rows } = await system.database.query('SELECT * FROM person WHERE id = $1', [id]);
  return rows[0];
}

/** Both sides changed the name, and EMS won. */
async function conflict(): Promise<{ person: string; contact: number; id: string }> {
  const { person, contact } = await personInStep();
  await system.ems.update('person', person, { last_name: 'Sousa' });
  await edit(contact, { name: 'Ana Secret' });
  await chatwoot.poll();
  const { rows } = await system.database.query('SELECT id FROM sync_conflict WHERE entity_key = $1', [person]);
  expect(rows).toHaveLength(1);
  return { person, contact, id: String(rows[0].id) };
}

describe('conflicts', () => {
  test('are listed without the values, shown with them, and restored once', async () => {
    const { person, contact, id } = await conflict();
    const listed = await ems('conflicts', 'list', '--process', 'chatwoot');
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toMatch(new RegExp(`CHATWOOT.*Person/${person} .* ${contact} .*name`));
    expect(listed.stdout).not.toMatch(/Secret/);
    expect((await ems('conflicts', 'list', '--process', 'RUNSIGNUP')).stdout).toMatch(/no remote value of RUNSIGNUP/);
    expect(await json('conflicts', 'list')).toContainEqual(
      expect.objectContaining({ id, process: 'CHATWOOT', type: 'Person', entityId: person, restoredOn: null }),
    );

    const shown = await ems('conflicts', 'show', id);
    expect(shown.stdout).toMatch(/name .*Ana Secret/);
    expect(shown.stdout).toMatch(/not restored/);
    expect(shown.stderr).toMatch(/personal values/);
    expect(await json('conflicts', 'show', id)).toMatchObject({ id, values: { name: 'Ana Secret' } });

    const restored = await ems('conflicts', 'restore', id);
    expect(restored).toMatchObject({ code: 0, stderr: '' });
    expect(restored.stdout).toMatch(new RegExp(`^conflict ${id} is restored; CHATWOOT Person/${person} is IN_SYNC`));
    expect(await personRow(person)).toMatchObject({ first_name: 'Ana', last_name: 'Secret' });
    expect((await system.chatwoot.control.state()).contacts[contact]).toMatchObject({ name: 'Ana Secret' });
    const again = await ems('conflicts', 'restore', id);
    expect(again.stdout).toMatch(/was already restored on 20/);
    expect(again.code).toBe(0);
    expect((await ems('conflicts', 'show', id)).stdout).toMatch(/restored on 20/);
  });

  test('that are proposals are listed apart, and are accepted or refused, each once', async () => {
    const [one, two] = [await conflict(), await conflict()];
    // The engine's part is in activities/chatwoot-visitors.test.ts: here contacts are trusted.
    await system.database.query("UPDATE sync_conflict SET kind = 'proposed' WHERE id = ANY ($1)", [[one.id, two.id]]);
    const listed = await ems('conflicts', 'list', '--proposed');
    expect(listed.stdout).toMatch(new RegExp(`CHATWOOT.*Person/${one.person} .*name`));
    expect(listed.stdout).not.toMatch(/Secret/);
    expect((await ems('conflicts', 'list')).stdout).not.toMatch(new RegExp(`Person/${one.person} `));
    expect((await ems('conflicts', 'show', one.id)).stdout).toMatch(/^proposal .*\nnot decided\n[^]*Ana Secret/);
    expect((await ems('conflicts', 'restore', one.id)).stderr).toBe(
      `${one.id} is a proposal: npx ems-sync conflicts accept ${one.id}\n`,
    );

    const accepted = await ems('conflicts', 'accept', one.id);
    expect(accepted).toMatchObject({ code: 0, stderr: '' });
    expect(accepted.stdout).toMatch(new RegExp(`^proposal ${one.id} is accepted; CHATWOOT Person/${one.person}`));
    expect(await personRow(one.person)).toMatchObject({ last_name: 'Secret' });
    expect(await ems('conflicts', 'refuse', one.id)).toMatchObject({ code: 1, stdout: '' });

    const refused = await json('conflicts', 'refuse', two.id);
    expect(refused).toMatchObject({ id: two.id, kind: 'proposed', restoredOn: null, refusedOn: expect.any(String) });
    expect((await ems('conflicts', 'accept', two.id)).stderr).toMatch(/^proposal \d+ was refused on 20/);
    expect(await personRow(two.person)).toMatchObject({ last_name: 'Sousa' });
    expect((await ems('conflicts', 'list', '--proposed')).stdout).toBe('no proposal waits for a decision\n');
  });

  test('that cannot be restored or opened say why', async () => {
    const { person, id } = await conflict();
    const missing = await ems('conflicts', 'restore', '999999');
    expect(missing.stderr).toBe('there is no conflict 999999; see: npx ems-sync conflicts list\n');
    expect(missing.code).toBe(1);
    const wrongKey = { ...system.environment, SYNC_KEY: Buffer.alloc(32, 9).toString('base64') };
    const closed = await runCli(['conflicts', 'show', id], wrongKey);
    expect(closed.stderr).toMatch(/cannot be opened: the key [0-9a-f]{8} is not among those of SYNC_KEY/);
    expect(closed.code).toBe(1);
    await system.database.query('DELETE FROM person WHERE id = $1', [person]);
    const gone = await ems('conflicts', 'restore', id);
    expect(gone.stderr).toBe(`EMS has no Person/${person} any more\n`);
    expect(gone.code).toBe(1);
  });
});

describe('link', () => {
  test('links a row to a remote record, and unlink unlinks it until it is linked again', async () => {
    const contact = await newContact({ name: 'Somebody Else', email: 'other@clube.example' });
    people += 1;
    const person = await system.ems.person({ email: `ana${people}@clube.example`, last_name: 'Linked' });
    const linked = await ems('link', 'chatwoot', 'person', person, contact);
    expect(linked).toMatchObject({ code: 0, stderr: '' });
    expect(linked.stdout).toMatch(new RegExp(`^linked to ${contact}; CHATWOOT Person/${person} is IN_SYNC`));
    expect(await chatwoot.record('Person', person)).toMatchObject({ remote_id: contact, state: 'IN_SYNC' });
    expect((await system.chatwoot.control.state()).contacts[contact]).toMatchObject({ name: 'Ana Linked' });

    const unlinked = await ems('unlink', 'CHATWOOT', 'Person', person);
    expect(unlinked).toMatchObject({ code: 0, stderr: '' });
    expect(unlinked.stdout).toMatch(/^unlinked; /);
    expect(await chatwoot.record('Person', person)).toMatchObject({ remote_id: null, state: 'UNLINKED' });
    await chatwoot.settle();
    expect(await chatwoot.record('Person', person)).toMatchObject({ remote_id: null, state: 'UNLINKED' });
    expect((await system.chatwoot.control.state()).contacts[contact]).toMatchObject({ name: 'Ana Linked' });

    expect(await json('link', 'CHATWOOT', 'Person', person, contact)).toMatchObject({
      process: 'CHATWOOT',
      type: 'Person',
      id: person,
      remoteId: contact,
      outcome: 'IN_SYNC',
    });
  });

  test('makes an event take part in RunSignup, by its race or by one edition of it', async () => {
    const runSignup = system.process('RUNSIGNUP');
    for (const edition of ['', '@']) {
      const { raceId, eventIds } = await system.runSignup.control.backdoor({
        do: 'create-race',
        race: { name: `Harbour Weekend${edition}`, timezone: 'America/New_York' },
        events: [{ name: '10K', start: '2099-06-07T08:30', distance: '10K' }],
      });
      const event = await system.ems.event({ name: `Harbour Weekend${edition}`, time_zone: 'America/New_York' });
      const { events } = await system.runSignup.control.state();
      const remoteId = edition === '' ? `${raceId}` : `${raceId}@${events[eventIds[0] ?? 0]?.raceEventDaysId}`;
      const { code, stdout, stderr } = await ems('link', 'RUNSIGNUP', 'event', event, remoteId);
      expect(stderr).toBe('');
      expect(stdout).toMatch(new RegExp(`^linked to ${raceId}.*; RUNSIGNUP Event/${event} is IN_SYNC`));
      expect(code).toBe(0);
      expect((await runSignup.record('Event', event))?.remote_id).toContain(`${raceId}`);
      await runSignup.settle();
      const { rows } = await system.database.query('SELECT id FROM race WHERE event_id = $1', [event]);
      expect(rows).toHaveLength(1);
    }
  });

  test("is refused where the remote record is another row's, and says whose", async () => {
    const one = await personInStep();
    const other = await personInStep();
    const { code, stderr } = await ems('link', 'CHATWOOT', 'Person', other.person, String(one.contact));
    expect(stderr).toBe(
      `${one.contact} belongs to Person/${one.person}. Unlink that first: npx ems-sync unlink CHATWOOT Person ${one.person}\n`,
    );
    expect(code).toBe(1);
    expect(await chatwoot.record('Person', other.person)).toMatchObject({ remote_id: String(other.contact) });
  });

  test.each([
    [['link', 'CHATWOOT', 'Person', '999999', '1'], 1, 'EMS has no Person 999999'],
    [['unlink', 'CHATWOOT', 'Person', '999999'], 1, 'EMS has no Person 999999'],
    [['link', 'TAGSERVER', 'Person', '1', '1'], 2, 'TAGSERVER is off: set TAGSERVER_URL'],
  ])('%j is refused', async (args, code, message) => {
    const run = await ems(...args);
    expect(run.stderr).toContain(message);
    expect(run.code).toBe(code);
  });

  test('is refused where the target has no such record', async () => {
    const { person } = await personInStep();
    const contact = await ems('link', 'CHATWOOT', 'Person', person, '999999');
    expect(contact).toMatchObject({ code: 1, stdout: '' });
    expect(contact.stderr).toMatch(/^CHATWOOT has no Person 999999/);
    expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
    const event = await system.ems.event();
    const race = await ems('link', 'RUNSIGNUP', 'Event', event, '999999');
    expect(race).toMatchObject({ code: 1, stdout: '' });
    const misfit = await ems('link', 'RUNSIGNUP', 'Event', event, '567-9');
    expect(misfit.stderr).toMatch(/a RunSignup race and its race_event_days_id, for example 567@9/);
    expect(misfit.code).toBe(2);
  });
});

describe('what EMS has no row of yet', () => {
  test('counts as parked without being part of the total, and is retried', async () => {
    await chatwoot.settle();
    const first = await system.ems.person({ phone: '+351912345001', first_name: 'Rita', email: 'rita@clube.example' });
    await system.ems.person({ phone: '+351912345001', first_name: 'Rui', email: 'rui@clube.example' });
    const contact = await newContact({ name: 'R Costa', phone_number: '+351912345001' });
    const polled = await json<{ ended: string; totals: object }>('sweep', 'CHATWOOT', 'inbound', '--wait');
    expect(polled).toMatchObject({ ended: 'complete', totals: { Person: { unknown: 1 } } });
    await chatwoot.quiet();
    const person = (await json<Status>('status')).processes.CHATWOOT?.Person;
    expect(person?.parked).toBe(1);
    expect(person?.total).toBe((person?.inSync ?? 0) + (person?.due ?? 0));
    const parked = await ems('retry', 'CHATWOOT', 'Person', '--wait');
    expect(parked.stdout).toMatch(new RegExp(`remote Person ${contact} .*PARKED[^]*decide\\s+with link`));
    expect(parked.code).toBe(1);

    await system.ems.update('person', first, { phone: null });
    const retried = await json<object[]>('retry', 'CHATWOOT', '--wait');
    expect(retried).toEqual([
      expect.objectContaining({ process: 'CHATWOOT', type: 'Person', remoteId: contact, outcome: 'IN_SYNC' }),
    ]);
    await chatwoot.quiet();
    expect((await json<Status>('status')).processes.CHATWOOT?.Person?.parked).toBe(0);
    const nothing = await ems('retry', 'CHATWOOT');
    expect(nothing.stdout).toBe('CHATWOOT has nothing parked or failing\n');
  });

  test('a poll prints what it has read, type by type', async () => {
    const { code, stdout } = await ems('sweep', 'chatwoot', 'inbound', '--wait');
    expect(stdout).toMatch(/listed.*changed.*unknown.*malformed.*unread/);
    expect(stdout).toMatch(/\ncomplete\n$/);
    expect(code).toBe(0);
  });

  test('check says whether webhooks are taken', async () => {
    expect((await ems('check')).stdout).toMatch(/^off +webhooks of CHATWOOT: set CHATWOOT_WEBHOOK_SECRET/m);
    const settings = { ...system.environment, CHATWOOT_WEBHOOK_SECRET: 'webhook-secret' };
    const { stdout } = await runCli(['check'], settings);
    expect(stdout).toMatch(/^ok +webhooks of CHATWOOT/m);
    expect(stdout).not.toContain('webhook-secret');
  });

  test('why tells of each process that is on', async () => {
    const { person } = await personInStep();
    const { processes } = await json<{ processes: { process: string }[] }>('why', 'Person', person);
    expect(processes.map(({ process }) => process)).toEqual(['RUNSIGNUP', 'CHATWOOT']);
  });
});
