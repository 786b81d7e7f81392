import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { installRoles } from '../../database/roles/install-roles.ts';
import { inboundColumns } from '../../targets/inbound-columns.ts';
import { TARGETS } from '../../targets/index.ts';
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

const API = '/api/v1/accounts/1';

async function cursor(): Promise<string | null> {
  const { rows } = await system.database.query(
    "SELECT position::text FROM sync_cursor WHERE sync_process = 'CHATWOOT'",
  );
  return rows[0]?.position ?? null;
}

describe('bad input', () => {
  test('one malformed record is PARKED with its reason, the page goes on, and it recovers', async () => {
    const { person, contact } = await under.personInStep();
    const { person: other, contact: otherContact } = await under.personInStep();
    await chatwoot.settle();
    const [broken, fine] = [await under.contact(contact), await under.contact(otherContact)];
    const page = {
      meta: { count: 2, current_page: 1 },
      payload: [
        { ...broken, email: {}, name: 'Secret Value' },
        { ...fine, name: 'Other Changed' },
      ],
    };
    await under.edit(otherContact, { name: 'Other Changed' });
    await under.control.setFaults({
      respond: {
        status: 200,
        body: JSON.stringify(page),
        match: { method: 'GET', prefix: `${API}/contacts?sort=created_at&page=1` },
      },
    });
    await chatwoot.poll();
    const parked = await chatwoot.record('Person', person);
    expect(parked).toMatchObject({ state: 'PARKED', last_error_class: 'contract' });
    expect(parked?.last_error).toMatch(/^malformed: .*email/);
    expect(parked?.last_error).not.toContain('Secret');
    expect(await under.row('person', other)).toMatchObject({ last_name: 'Changed' });
    await under.control.clearFaults();
    await chatwoot.settle();
    expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC', last_error: null });
    await under.edit(contact, { phone_number: '+351933333333' });
    await chatwoot.settle();
    expect(await under.row('person', person)).toMatchObject({ phone: '+351933333333' });
  });

  test.each(['a@x;b@x', 'N/A'])(
    'an agent’s %s does not come in over a good address: it is in the conflict log, and EMS’s is sent again',
    async (email) => {
      const { person, contact } = await under.personInStep();
      const { email: good } = await under.row('person', person);
      // ChatWoot refuses such addresses now, but still has old ones.
      const old = { ...(await under.contact(contact)), email, name: 'Ana Edited' };
      const answers = [
        [`${API}/contacts?sort=created_at&page=1`, { meta: { count: 1, current_page: 1 }, payload: [old] }],
        [`${API}/contacts/${contact}`, { payload: old }],
      ] as const;
      await under.control.setFaults({
        respond: answers.map(([prefix, body]) => ({
          status: 200,
          body: JSON.stringify(body),
          match: { method: 'GET', prefix },
        })),
      });
      await chatwoot.poll();
      await chatwoot.quiet();
      await under.control.clearFaults();
      await chatwoot.settle();
      expect(await under.row('person', person)).toMatchObject({ email: good, last_name: 'Edited' });
      expect(await under.contact(contact)).toMatchObject({ email: good, name: 'Ana Edited' });
      expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
      const { rows } = await system.database.query('SELECT fields FROM sync_conflict WHERE entity_key = $1', [person]);
      expect(rows).toEqual([{ fields: ['email'] }]);
    },
  );

  test('a page that fails leaves the cursor where it was, and nothing is lost', async () => {
    const { contact } = await under.personInStep();
    await under.control.backdoor({ do: 'customer-writes', contact, content: 'Before' });
    await chatwoot.settle();
    const before = await cursor();
    expect(before).not.toBeNull();
    const { conversation: id } = await under.control.backdoor({
      do: 'customer-writes',
      contact,
      content: 'While it fails',
    });
    await under.control.setFaults({
      respond: { status: 422, body: '{"error":"no"}', match: { method: 'GET', prefix: `${API}/conversations` } },
    });
    const failed = await chatwoot.poll();
    expect(failed).toMatchObject({ ended: 'unread' });
    expect(await cursor()).toBe(before);
    await under.control.clearFaults();
    await chatwoot.settle();
    expect(await under.messages(await chatwoot.keyOf('Conversation', id))).toHaveLength(1);
    expect(await cursor()).not.toBe(before);
  });

  test('an answer with nothing in it is not "all deleted"', async () => {
    const { person, contact } = await under.personInStep();
    await under.control.setFaults({
      respond: {
        status: 200,
        body: '{"meta":{"count":0,"current_page":1},"payload":[]}',
        match: { method: 'GET', prefix: `${API}/contacts?` },
      },
    });
    await chatwoot.poll();
    await under.control.clearFaults();
    expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC', remote_id: String(contact) });
    expect(await under.row('person', person)).toBeDefined();
  });

  test('garbled success is no success: the page is not taken, and the next one is', async () => {
    const { person, contact } = await under.personInStep();
    await under.edit(contact, { name: 'Ana Garbled' });
    await under.control.setFaults({
      garble: { as: 'html', times: 2, match: { method: 'GET', prefix: `${API}/contacts` } },
    });
    await chatwoot.settle();
    expect(await under.row('person', person)).toMatchObject({ last_name: 'Garbled' });
  });

  test('a list that repeats its first page for ever ends the poll (32)', async () => {
    await under.personInStep();
    await under.personInStep();
    const { contacts } = await under.control.state();
    const page = { meta: { count: 2, current_page: 1 }, payload: Object.values(contacts).slice(0, 2) };
    await under.control.setFaults({
      respond: { status: 200, body: JSON.stringify(page), match: { method: 'GET', prefix: `${API}/contacts?` } },
    });
    expect(await chatwoot.poll()).toMatchObject({ ended: 'unread' });
  });

  test('the target is down: the poll says so and ends', async () => {
    await under.control.setFaults({ respond: { status: 401, body: '{"error":"Invalid Access Token"}' } });
    expect(await chatwoot.poll()).toMatchObject({ ended: 'target-down' });
  });
});

describe('who says when', () => {
  test.each([-300_000, 300_000])('a remote clock that is %d ms off loses nothing', async (offsetMs) => {
    const { person, contact } = await under.personInStep();
    await chatwoot.settle();
    await under.control.setClock(offsetMs);
    try {
      await under.edit(contact, { name: 'Ana Skewed' });
      const { conversation: id } = await under.control.backdoor({ do: 'customer-writes', contact, content: 'When?' });
      await chatwoot.settle();
      expect(await under.row('person', person)).toMatchObject({ last_name: 'Skewed' });
      expect(await under.messages(await chatwoot.keyOf('Conversation', id))).toHaveLength(1);
      await under.control.backdoor({ do: 'customer-writes', contact, conversation: id, content: 'And again' });
      await chatwoot.settle();
      expect(await under.messages(await chatwoot.keyOf('Conversation', id))).toHaveLength(2);
    } finally {
      await under.control.setClock(0);
    }
    const { conversation: id } = await under.control.backdoor({ do: 'customer-writes', contact, content: 'Set right' });
    await chatwoot.settle();
    expect(await under.messages(await chatwoot.keyOf('Conversation', id))).toHaveLength(1);
  });

  test.each(['-5 minutes', '5 minutes'])(
    'an EMS clock that is %s off loses nothing, and EMS still wins',
    async (interval) => {
      const { person, contact } = await under.personInStep();
      const skewed = async (values: Record<string, unknown>) => {
        const { rows } = await system.database.query('SELECT (clock_timestamp() + $1::interval)::text AS at', [
          interval,
        ]);
        await system.ems.update('person', person, { ...values, modified_on: rows[0].at });
      };
      await skewed({ last_name: 'Early' });
      await chatwoot.settle();
      expect(await under.contact(contact)).toMatchObject({ name: 'Ana Early' });
      await under.edit(contact, { name: 'Ana Agent' });
      await chatwoot.settle();
      expect(await under.row('person', person)).toMatchObject({ last_name: 'Agent' });
      await skewed({ last_name: 'Both' });
      await under.edit(contact, { name: 'Ana Lost' });
      await chatwoot.settle();
      expect(await under.row('person', person)).toMatchObject({ last_name: 'Both' });
      expect(await under.contact(contact)).toMatchObject({ name: 'Ana Both' });
      // Every sweep of the following tests would evaluate a row with a time in the future.
      await system.ems.update('person', person, {});
    },
  );

  test('a list that lags behind undoes nothing', async () => {
    const { person, contact } = await under.personInStep();
    await under.control.setFaults({ readLag: { ms: 60_000 } });
    await system.ems.update('person', person, { last_name: 'Newer' });
    await chatwoot.settle();
    expect(await under.row('person', person)).toMatchObject({ last_name: 'Newer' });
    expect(await under.contact(contact)).toMatchObject({ name: 'Ana Newer' });
  });
});

describe('what agents do to EMS’s own', () => {
  test('a field that EMS owns is set right again, and is no conflict', async () => {
    const { person, contact } = await under.personInStep({ language: 'pt' });
    await under.edit(contact, { custom_attributes: { ems_language: 'de' } });
    await chatwoot.settle();
    expect(await under.contact(contact)).toMatchObject({ custom_attributes: { ems_language: 'pt' } });
    const { rowCount } = await system.database.query('SELECT FROM sync_conflict WHERE entity_key = $1', [person]);
    expect(rowCount).toBe(0);
  });

  test('an automation that undoes every write is PARKED as ping-pong, and then it is quiet', async () => {
    const { person, contact } = await under.personInStep({ language: 'pt' });
    for (let round = 0; round < 5; round += 1) {
      await under.edit(contact, { custom_attributes: { ems_language: 'xx' } });
      await chatwoot.settle();
    }
    const parked = await chatwoot.record('Person', person);
    expect(parked).toMatchObject({ state: 'PARKED', last_error_class: 'rejected' });
    expect(parked?.last_error).toMatch(/^ping-pong/);
    const writes = await under.writes();
    await chatwoot.settle();
    expect(await under.writes()).toBe(writes);
  });
});

describe('decisions of operators', () => {
  test('unlink: neither side is followed any more; link: EMS wins, and they are one again', async () => {
    const { person, contact } = await under.personInStep();
    await chatwoot.syncNow('Person', person, 'unlink');
    await system.ems.update('person', person, { last_name: 'Alone' });
    await under.edit(contact, { name: 'Ana Apart' });
    await chatwoot.settle();
    expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'UNLINKED', remote_id: null });
    expect(await under.contact(contact)).toMatchObject({ name: 'Ana Apart' });
    expect(await under.row('person', person)).toMatchObject({ last_name: 'Alone' });
    await chatwoot.syncNow('Person', person, `link:${contact}`);
    await chatwoot.settle();
    expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC', remote_id: String(contact) });
    expect(await under.contact(contact)).toMatchObject({ name: 'Ana Alone' });
  });

  test('restore: the value that lost is EMS’s, and goes out', async () => {
    const { person, contact } = await under.personInStep();
    await system.ems.update('person', person, { last_name: 'Kept' });
    await under.edit(contact, { name: 'Ana Better' });
    await chatwoot.settle();
    expect(await under.contact(contact)).toMatchObject({ name: 'Ana Kept' });
    const { rows } = await system.database.query(
      'SELECT id, encrypted_values FROM sync_conflict WHERE entity_key = $1',
      [person],
    );
    expect(rows).toHaveLength(1);
    expect(rows[0].encrypted_values.toString('latin1')).not.toContain('Better');
    await chatwoot.syncNow('Person', person, `restore:${rows[0].id}`);
    await chatwoot.settle();
    expect(await under.row('person', person)).toMatchObject({ first_name: 'Ana', last_name: 'Better' });
    expect(await under.contact(contact)).toMatchObject({ name: 'Ana Better' });
  });

  test('two contacts that could be one person are decided by a human: PARKED with its candidates', async () => {
    const phone = '+351944444444';
    await under.personInStep({ phone, first_name: 'One', date_of_birth: '1960-01-01' });
    const two = await under.personInStep({ phone, first_name: 'Two', date_of_birth: '1961-01-01' });
    const set = { name: 'Somebody', phone_number: '+351944444445' };
    const { contact } = await under.control.backdoor({ do: 'create-contact', set });
    for (const person of [await chatwoot.keyOf('Person', two.contact)]) {
      await system.ems.update('person', person, { phone: '+351944444445' });
    }
    await chatwoot.poll();
    const record = await chatwoot.recordOfRemote('Person', contact);
    expect(record).toMatchObject({ state: 'PARKED', entity_key: null });
    expect(record?.last_error).toContain(`Person/${two.person}`);
  });
});

describe('EMS is faster', () => {
  test('a JPA version is advanced with an inbound change, so that EMS notices', async () => {
    await system.database.query('ALTER TABLE person ADD COLUMN version bigint');
    // As `migrate --with-roles` does after a change of EMS's tables.
    await installRoles({ databaseUrl: system.databaseUrl, owned: inboundColumns(TARGETS) });
    const { person, contact } = await under.personInStep();
    await system.database.query('UPDATE person SET version = 7 WHERE id = $1', [person]);
    await under.edit(contact, { name: 'Ana Versioned' });
    await chatwoot.settle();
    expect(await under.row('person', person)).toMatchObject({ last_name: 'Versioned', version: '8' });
  });

  test('a row that EMS holds is waited for, and what EMS then writes wins', async () => {
    const { person, contact } = await under.personInStep();
    await under.edit(contact, { name: 'Ana Remote' });
    await system.database.query('BEGIN');
    await system.database.query("UPDATE person SET last_name = 'Held', modified_on = clock_timestamp() WHERE id = $1", [
      person,
    ]);
    const poll = chatwoot.poll();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await system.database.query('COMMIT');
    await poll;
    await chatwoot.settle();
    expect(await under.row('person', person)).toMatchObject({ last_name: 'Held' });
    expect(await under.contact(contact)).toMatchObject({ name: 'Ana Held' });
  });
});

describe('CONFLICT_SCOPE=field', () => {
  let fields: ChatwootUnderTest;

  beforeAll(async () => {
    fields = await ChatwootUnderTest.start({ settings: { CONFLICT_SCOPE: 'field' } });
  });

  afterAll(async () => {
    await fields?.stop();
  });

  test('what only ChatWoot has changed is let through, what both have changed is EMS’s', async () => {
    const { person, contact } = await fields.personInStep();
    await fields.system.ems.update('person', person, { last_name: 'Wins' });
    await fields.edit(contact, { name: 'Ana Loses', phone_number: '+351988888888' });
    await fields.process.settle();
    expect(await fields.row('person', person)).toMatchObject({ last_name: 'Wins', phone: '+351988888888' });
    expect(await fields.contact(contact)).toMatchObject({ name: 'Ana Wins', phone_number: '+351988888888' });
    const { rows } = await fields.system.database.query('SELECT fields FROM sync_conflict WHERE entity_key = $1', [
      person,
    ]);
    expect(rows).toEqual([{ fields: ['name'] }]);
  });
});
