import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { absorb } from '../../activities/absorb.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { drySweep } from '../../activities/dry-run/dry-sweep.ts';
import { resolveRemote } from '../../activities/resolve-remote.ts';
import { createScratchOrm } from '../../database/scratch.ts';
import { subscriberHash } from '../../simulators/mailchimp/start.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { TARGETS } from '../../targets/index.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { settingsOf, started, startSimulators, type Simulators } from '../flows/simulators.ts';
import { SecondEms } from '../second-ems/second-ems.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { sweepInProcess } from './sweep-in-process.ts';

// An EMS with names of its own (test/second-ems), read through EMS_MODEL_FILE.

let ems: SecondEms;
let simulators: Simulators;
let dependencies: Dependencies;

beforeAll(async () => {
  ems = await SecondEms.start();
  simulators = await startSimulators(['TAGSERVER', 'MAILCHIMP', 'CHATWOOT']);
  const settings = settingsOf(simulators);
  const targets = TARGETS.filter(({ process }) => simulators[process.name] !== undefined);
  dependencies = dependenciesWith({
    orm: ems.orm,
    locks: ems.locks,
    processes: new Map(
      targets.map((target) => [
        target.process.name,
        {
          process: target.process,
          remote: target.connect(
            target.settings.parse(settings),
            unlimitedConnections('ratchet', [Buffer.alloc(32, 7)]),
          ),
        },
      ]),
    ),
  });
});

afterAll(async () => {
  for (const { remote } of dependencies?.processes.values() ?? []) await remote.close?.();
  for (const simulator of Object.values(simulators ?? {})) await simulator.stop();
  await ems?.close();
});

const sweep = (process: SyncProcessName) => sweepInProcess(dependencies, process);

const row = async (id: string) =>
  (await ems.client.query('SELECT * FROM registry."Person" WHERE "personId" = $1', [id])).rows[0];

const remote = async (type: 'persons' | 'event-participants' | 'tags', id: string) =>
  (await started(simulators.TAGSERVER).control.state())[type][id]?.data ?? null;

const member = async (email: string) =>
  (await started(simulators.MAILCHIMP).control.state()).members[subscriberHash(email)] ?? null;

describe('TagServer', () => {
  test('gets what EMS has, its changes, and loses what EMS marks as deleted; the plan says so before', async () => {
    const organisation = await ems.insert('Organisation', { name: 'Harbour Athletics', country: 'PT' });
    const event = await ems.insert('Event', {
      organisationId: organisation,
      name: 'Harbour Marathon',
      startsOn: '2027-05-15T07:00:00Z',
      endsOn: '2027-05-16T15:00:00Z',
      timeZone: 'Europe/Lisbon',
      status: 'OPEN',
    });
    const race = await ems.insert('Race', { eventId: event, name: '10K', discipline: 'RUN', distanceM: 10_000 });
    const person = await ems.insert('Person', { givenName: 'Ana', familyName: 'Silva', gender: 'F' });
    const participant = await ems.insert('EventParticipant', {
      eventId: event,
      raceId: race,
      personId: person,
      status: 'REGISTERED',
      bib: '17',
    });
    const tag = await ems.insert('Tag', { eventParticipantId: participant, code: 'ABCD0001', kind: 'BIB' });
    await sweep('TAGSERVER');
    expect(await remote('persons', person)).toMatchObject({ givenName: 'Ana', familyName: 'Silva' });
    expect(await remote('event-participants', participant)).toMatchObject({ personId: person, bib: '17' });
    expect(await remote('tags', tag)).not.toBeNull();

    await ems.update('Person', person, { familyName: 'Costa' });
    await sweep('TAGSERVER');
    expect(await remote('persons', person)).toMatchObject({ familyName: 'Costa' });

    await ems.remove('Tag', tag);
    await ems.remove('EventParticipant', participant);
    expect(await planned('TAGSERVER')).toEqual([
      `delete EventParticipant/${participant}`,
      `delete Person/${person}`,
      `delete Tag/${tag}`,
    ]);
    await sweep('TAGSERVER');
    expect(await remote('tags', tag)).toBeNull();
    expect(await remote('event-participants', participant)).toBeNull();
    // Nothing else refers to the person.
    expect(await remote('persons', person)).toBeNull();
    expect((await row(person)).isDeleted).toBe(false);
  });
});

/** What a plan says, as `ems-sync plan` does. */
async function planned(process: SyncProcessName): Promise<string[]> {
  const orm = await createScratchOrm({ databaseUrl: ems.url, process, emsTables: ['person', 'conversation'] });
  try {
    const lines: string[] = [];
    for await (const item of drySweep({ ...dependencies, orm }, { process }))
      if (item.kind !== 'stopped') lines.push(...item.changes.map((one) => `${one.action} ${one.type}/${one.id}`));
    return lines.toSorted();
  } finally {
    await orm.close();
  }
}

describe('MailChimp', () => {
  test('gets who wants its mail, and loses wishes and persons that EMS marks as deleted', async () => {
    const person = await ems.insert('Person', { givenName: 'Rui', emailAddress: 'rui@clube.example' });
    const preference = await ems.insert('ContactPreference', {
      personId: person,
      channel: 'EMAIL',
      topic: 'NEWSLETTER',
      optedIn: true,
      changedOn: await ems.now(),
    });
    await sweep('MAILCHIMP');
    expect(await member('rui@clube.example')).toMatchObject({ status: 'subscribed', interests: [expect.any(String)] });
    await ems.remove('ContactPreference', preference);
    await sweep('MAILCHIMP');
    expect(await member('rui@clube.example')).toMatchObject({ interests: [] });
    await ems.remove('Person', person);
    await sweep('MAILCHIMP');
    expect(await member('rui@clube.example')).toMatchObject({ status: 'archived' });
  });
});

describe('ChatWoot', () => {
  test('writes a change and a new contact into EMS’s own tables, as EMS itself would', async () => {
    const { control } = started(simulators.CHATWOOT);
    const person = await ems.insert('Person', { givenName: 'Eva', emailAddress: 'eva@clube.example' });
    await sweep('CHATWOOT');
    const contact = Object.values((await control.state()).contacts).find(({ email }) => email === 'eva@clube.example');
    expect(contact).toMatchObject({ name: 'Eva' });
    await control.backdoor({
      do: 'edit-contact',
      contact: Number(contact?.id),
      set: { phone_number: '+351955555555' },
    });
    const before = await row(person);
    const absorbed = await absorb(dependencies, { process: 'CHATWOOT', type: 'Person', key: person });
    expect(absorbed).toMatchObject({ kind: 'applied' });
    const after = await row(person);
    expect(after).toMatchObject({ phone: '+351955555555', givenName: 'Eva', publicId: before.publicId });
    expect(BigInt(after.optLock)).toBe(BigInt(before.optLock) + 1n);

    const made = await control.backdoor({
      do: 'create-contact',
      set: { name: 'Nuno Costa', email: 'nuno@clube.example' },
    });
    const resolved = await resolveRemote(dependencies, {
      process: 'CHATWOOT',
      type: 'Person',
      remoteId: String(made.contact),
    });
    expect(resolved).toMatchObject({ kind: 'linked', rows: [{ type: 'Person', how: 'created' }] });
    const { rows } = await ems.client.query('SELECT * FROM registry."Person" WHERE "emailAddress" = $1', [
      'nuno@clube.example',
    ]);
    expect(rows).toEqual([expect.objectContaining({ isDeleted: false, optLock: '0', familyName: 'Costa' })]);
    // What EMS deletes meanwhile is not written to.
    await ems.remove('Person', person);
    await sweep('CHATWOOT');
    expect((await row(person)).phone).toBe('+351955555555');
  });
});
