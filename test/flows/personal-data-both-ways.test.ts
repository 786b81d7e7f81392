import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { generateFederation, loadFederation } from '../../simulators/ems/index.ts';
import { allDescriptions, everythingWritten, syncTables } from './everything-written.ts';
import { hasHeartbeat } from './heartbeats.ts';
import { HostileTarget, PLANTED, printed } from './hostile-target.ts';
import { sendHostileChatwootWebhooks } from './hostile-webhooks.ts';
import { allHistories, found, personalWords } from './personal-words.ts';
import { startGateway, type ProgramUnderTest } from './program-under-test.ts';
import { System } from './system.ts';

const WEBHOOK_SECRET = 'a-webhook-secret-of-this-test';

let system: System;
let gateway: ProgramUnderTest | undefined;

beforeAll(async () => {
  system = await System.start({ targets: ['RUNSIGNUP', 'CHATWOOT'], settings: { RUNSIGNUP_WRITE_PERSONAL: 'true' } });
});

afterAll(async () => {
  await gateway?.child.stop();
  await system?.stop();
});

/** Unique words, which could only get into a history by a leak. */
const INBOUND_WORDS = [
  'Quendolyne',
  'Zwieback',
  'quendolyne@registrations.example',
  '+18568501510',
  '856-850-1510',
  'Avondale',
  'Xanthippus',
  'Wrongname',
  'Vanilla',
  'lostproperty',
  'handwritten',
];

test('no history, log line or sync table of a run both ways holds personal data, faults and conflicts included', async () => {
  const federation = generateFederation({ seed: 11, size: 30, now: '2026-11-01T10:00:00Z', withImpossible: true });
  await loadFederation(system.databaseUrl, federation);
  const [runSignup, chatwoot] = [system.process('RUNSIGNUP'), system.process('CHATWOOT')];

  await system.chatwoot.control.setFaults({
    garble: { as: 'shape', times: 5, chance: 0.2, match: { method: 'POST', prefix: '/api' } },
    respond: { status: 422, times: 5, chance: 0.2, match: { method: 'POST', prefix: '/api' } },
  });
  await chatwoot.sweep();
  await system.chatwoot.control.clearFaults();
  await chatwoot.settle();

  const { raceId, eventIds } = await system.runSignup.control.backdoor({
    do: 'create-race',
    race: { name: 'Harbour Weekend' },
    events: [{ name: '8K', start: '2099-06-07T08:30' }],
  });
  const [event] = (await system.database.query("SELECT id FROM event WHERE status = 'OPEN' LIMIT 1")).rows;
  await runSignup.syncNow('Event', event.id, `link:${raceId}`);
  const address = { street: '960 Avondale Ave', city: 'Moorestown', state: 'NJ', zipcode: '08057', country_code: 'US' };
  const user = {
    account: true,
    firstName: 'Quendolyne',
    lastName: 'Zwieback',
    email: 'quendolyne@registrations.example',
    phone: '856-850-1510',
    address,
  };
  await runSignup.settle();
  const { registrationId, userId } = await system.runSignup.control.backdoor({
    do: 'register',
    eventId: eventIds[0] ?? 0,
    user,
  });
  await runSignup.settle();
  const person = await runSignup.keyOf('Person', userId);
  await chatwoot.settle();

  // Both sides change, so the lost value is encrypted; then RunSignup refuses, returns invalid answers and throttles.
  await system.ems.update('person', person, { last_name: 'Xanthippus' });
  await system.runSignup.control.backdoor({ do: 'edit-user', userId, set: { lastName: 'Wrongname' } });
  await system.runSignup.control.setFaults({
    safeSync: { times: 2 },
    garble: { as: 'html', times: 1 },
    throttle: { times: 1 },
  });
  await system.runSignup.control.backdoor({ do: 'edit-registration', registrationId, set: { bib: '77' } });
  await runSignup.poll();
  await runSignup.sweep();
  await system.runSignup.control.clearFaults();

  const contact = Number((await chatwoot.record('Person', person))?.remote_id);
  await system.ems.update('person', person, { first_name: 'Xanthippus' });
  await system.chatwoot.control.backdoor({ do: 'edit-contact', contact, set: { name: 'Vanilla Wrongname' } });
  await system.chatwoot.control.backdoor({ do: 'customer-writes', contact, content: 'lostproperty' });
  await system.chatwoot.control.backdoor({
    do: 'create-contact',
    set: { name: 'handwritten', email: 'not an address' },
    unvalidated: true,
  });
  await chatwoot.settle();
  const { rowCount } = await system.database.query('SELECT FROM sync_conflict');
  expect(rowCount).toBeGreaterThan(0);

  const histories = await allHistories(system.temporal);
  const words = new Set([...personalWords(federation), ...INBOUND_WORDS]);
  expect(histories.size).toBeGreaterThan(50);
  for (const [workflowId, text] of histories) expect([workflowId, found(words, text)]).toEqual([workflowId, []]);
  expect(found(words, system.workerLog)).toEqual([]);
  for (const [table, text] of await syncTables(system)) expect([table, found(words, text)]).toEqual([table, []]);
  // RunSignup's secrets are part of its URLs.
  for (const secret of [system.runSignup.secret, system.runSignup.callerRegistrationSecret, system.chatwoot.token]) {
    expect(system.workerLog).not.toContain(secret);
    for (const text of histories.values()) expect(text).not.toContain(secret);
  }
});

test('hostile targets whose records we read bring none of their texts anywhere either', async () => {
  const { rows } = await system.database.query<{ key: string }>(
    "SELECT entity_key AS key FROM sync_person WHERE sync_process = 'RUNSIGNUP' AND entity_key IS NOT NULL ORDER BY id LIMIT 3",
  );
  const persons = rows.map(({ key }) => key);
  expect(persons.length).toBeGreaterThan(0);
  const targets = [
    new HostileTarget(system, system.process('RUNSIGNUP'), system.runSignup.control, persons),
    new HostileTarget(system, system.process('CHATWOOT'), system.chatwoot.control, persons),
  ];
  const places = new Map<string, string>();
  await Promise.all(
    targets.map(async (target) => {
      for (const [place, text] of await target.refuse()) places.set(`failing ${place}`, text);
      await target.answer('pollInbound');
      await target.refuseAll();
    }),
  );
  // A webhook of ChatWoot's, while ChatWoot refuses each call only after fifteen seconds: its activities send heartbeats.
  const chatwoot = system.process('CHATWOOT');
  const [known] = (
    await system.database.query<{ person: string; contact: string }>(
      `SELECT entity_key AS person, remote_id AS contact FROM sync_person
       WHERE sync_process = 'CHATWOOT' AND entity_key IS NOT NULL AND remote_id IS NOT NULL ORDER BY id LIMIT 1`,
    )
  ).rows;
  const { person = '', contact = '' } = known ?? {};
  await system.chatwoot.control.setFaults({ latency: { ms: 15_000 } });
  await system.ems.update('person', person, { first_name: 'Ana Maria' });
  await chatwoot.request('Person', person);
  const hooked = await startGateway(system, { CHATWOOT_WEBHOOK_SECRET: WEBHOOK_SECRET });
  gateway = hooked;
  const answers = await sendHostileChatwootWebhooks(hooked.url, { secret: WEBHOOK_SECRET, contact: Number(contact) });
  for (const [webhook, text] of answers) places.set(webhook, text);
  await hasHeartbeat(system.temporal, chatwoot.pair('Person', person).workflowId);
  for (const [place, text] of await allDescriptions(system.temporal)) places.set(`with a heartbeat ${place}`, text);
  await system.chatwoot.control.setFaults({ latency: null });
  const commands = [
    'conflicts list --json',
    'conflicts list --proposed --json',
    'sweep RUNSIGNUP inbound --wait --json',
  ];
  for (const [command, text] of await printed(system, commands)) places.set(command, text);
  await system.tidyUp();
  for (const [place, text] of await everythingWritten(system)) places.set(place, text);
  places.set('log of the gateway', hooked.log());
  expect([...answers.keys()]).toEqual(
    expect.arrayContaining(['genuine webhook 0: 202', 'genuine webhook 7: 400', 'forged webhook 0: 401']),
  );
  expect(places.get('log of the gateway')).toContain('"audit":true');
  expect(places.size).toBeGreaterThan(60);
  for (const [place, text] of places) expect([place, found(new Set(PLANTED), text)]).toEqual([place, []]);
});
