import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startRunSignup, type StartedRunSignup } from '../../../simulators/runsignup/start.ts';
import { connect, harbourWeekend, listAll, listRecords, margie } from './connection.ts';

let runSignup: StartedRunSignup;
let race: Awaited<ReturnType<typeof harbourWeekend>>;
let scope: string;

beforeAll(async () => {
  runSignup = await startRunSignup();
});

beforeEach(async () => {
  race = await harbourWeekend(runSignup);
  scope = `${race.raceId}/${race.eightK}`;
});

afterEach(async () => {
  await runSignup?.control.reset();
});

afterAll(async () => {
  await runSignup?.stop();
});

const register = (user: object = {}, eventId = race.eightK) =>
  runSignup.control.backdoor({ do: 'register', eventId, user: { ...margie, ...user } });

const idOf = (registrationId: number, eventId = race.eightK) => `${race.raceId}/${eventId}/${registrationId}`;

async function registerMany(count: number): Promise<string[]> {
  const ids: string[] = [];
  // Last names in reverse order of the ids: the vendor's sort order must not matter.
  for (let left = count; left > 0; left -= 1) {
    const { registrationId } = await register({ lastName: `Runner${left}`, email: `r${left}@runners.test` });
    ids.push(idOf(registrationId));
  }
  return ids;
}

const linked = async (type: string) => (type === 'Event' ? ['567@9'] : type === 'Race' ? ['567/1', '567/2'] : ['?']);

describe('what is polled', () => {
  test('linked races for events and races, linked events for registrations, persons with them', async () => {
    const { inbound } = connect(runSignup);
    expect(await inbound.scopes('Event', linked)).toEqual(['567@9']);
    expect(await inbound.scopes('Race', linked)).toEqual(['567@9']);
    expect(await inbound.scopes('EventParticipant', linked)).toEqual(['567/1', '567/2']);
    expect(await inbound.scopes('Person', linked)).toEqual([]);
  });
});

describe('pages', () => {
  test('show every registration once, in order of its id, with its parents', async () => {
    const ids = await registerMany(7);
    const records = await listRecords(connect(runSignup, {}, 3), 'EventParticipant', scope);
    expect(records.map(({ remoteId }) => remoteId)).toEqual(ids);
    expect(records[0]?.references).toEqual({
      eventId: { type: 'Event', remoteId: race.link },
      raceId: { type: 'Race', remoteId: scope },
      personId: { type: 'Person', remoteId: records[0]?.related[0]?.remoteId },
    });
  });

  test('that are exactly full are followed by an empty one', async () => {
    const ids = await registerMany(4);
    const records = await listRecords(connect(runSignup, {}, 2), 'EventParticipant', scope);
    expect(records.map(({ remoteId }) => remoteId)).toEqual(ids);
  });

  test('an event without registrations has no list of them: the page is empty, and what was removed is read', async () => {
    const { registrationId } = await register();
    await runSignup.control.backdoor({ do: 'remove', registrationId, reason: 'cleared' });
    const page = await connect(runSignup).inbound.list({ type: 'EventParticipant', scope, since: null, page: null });
    expect(page).toMatchObject({ next: null, records: [{ remoteId: idOf(registrationId), removed: true }] });
  });

  test.each([{}, { participants: null }, { participants: [] }])(
    '%j is an event without registrations',
    async (list) => {
      const body = [{ event: { event_id: race.eightK, ...list }, ...list }];
      const lists = ['participants', 'removed-participants'];
      const respond = lists.map((name) => ({
        status: 200,
        body,
        match: { prefix: `/rest/race/${race.raceId}/${name}` },
      }));
      await runSignup.control.setFaults({ respond });
      const page = await connect(runSignup).inbound.list({ type: 'EventParticipant', scope, since: null, page: null });
      expect(page).toEqual({ records: [], next: null, seenUpTo: null });
    },
  );

  test('a page that always fails fails the poll, and is never empty', async () => {
    await registerMany(3);
    const target = connect(runSignup, {}, 2);
    const { next } = await target.inbound.list({ type: 'EventParticipant', scope, since: null, page: null });
    await runSignup.control.setFaults({ refuse: { code: 5 } });
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(
        target.inbound.list({ type: 'EventParticipant', scope, since: null, page: next }),
      ).rejects.toMatchObject({ errorClass: 'transient' });
    }
  });

  test('a page that does not advance ends the poll with an error', async () => {
    const [, second] = await registerMany(2);
    const row = { registration_id: Number(second?.split('/').at(-1)), last_modified: 1, user: { user_id: 1 } };
    await runSignup.control.setFaults({
      respond: {
        status: 200,
        body: [{ event: { event_id: race.eightK, participants: [] }, participants: [row] }],
        match: { prefix: `/rest/race/${race.raceId}/participants` },
      },
    });
    await expect(listAll(connect(runSignup, {}, 1), 'EventParticipant', scope)).rejects.toMatchObject({
      errorClass: 'contract',
      code: 'paging',
    });
  });

  test('a feed of removed ones that repeats itself ends the poll with an error', async () => {
    const entry = { registration_id: 5, removed_reason: 'cleared', last_modified_ts: 5 };
    await runSignup.control.setFaults({
      respond: {
        status: 200,
        body: [{ event: { event_id: race.eightK, participants: [entry] } }],
        match: { prefix: `/rest/race/${race.raceId}/removed-participants` },
      },
    });
    await expect(listAll(connect(runSignup, {}, 1), 'EventParticipant', scope)).rejects.toMatchObject({
      errorClass: 'contract',
      code: 'paging',
    });
    expect((await runSignup.control.journal()).length).toBeLessThan(5);
  });

  test('a page out of order ends the poll with an error: what was passed over would be lost', async () => {
    const row = { last_modified: 1, user: { user_id: 1 } };
    const participants = [5, 3].map((id) => ({ ...row, registration_id: id }));
    await runSignup.control.setFaults({
      respond: {
        status: 200,
        body: [{ event: { event_id: race.eightK, participants: [] }, participants }],
        match: { prefix: `/rest/race/${race.raceId}/participants` },
      },
    });
    await expect(listAll(connect(runSignup, {}, 9), 'EventParticipant', scope)).rejects.toMatchObject({
      code: 'paging',
    });
  });

  test('the watermark is inclusive: what has it comes again, what is older does not', async () => {
    const { registrationId: first } = await register();
    await runSignup.control.setClock(3_600_000);
    const { registrationId: second } = await register({ email: 'second@runners.test' });
    const target = connect(runSignup);
    const { seenUpTo } = await target.inbound.list({ type: 'EventParticipant', scope, since: null, page: null });
    const again = await listRecords(target, 'EventParticipant', scope, seenUpTo);
    expect(again.map(({ remoteId }) => remoteId)).toEqual([idOf(second)]);
    expect(again[0]?.modifiedOn).toBe(seenUpTo);
    expect(first).not.toBe(second);
  });

  test('one bad registration does not spoil its page', async () => {
    const good = {
      registration_id: '2', // PHP may return text.
      last_modified: '1631042122',
      registration_date: '9/7/2021 15:15',
      bib_num: 101,
      team_id: null,
      user: { user_id: '3', last_name: 'Stephens' },
    };
    const rows = [
      { registration_id: 1, last_modified: 'yesterday', user: { user_id: 3 } },
      good,
      { ...good, registration_id: 3, registration_date: 'yesterday' },
      { registration_id: 4 },
      'nothing',
    ];
    await runSignup.control.setFaults({
      respond: {
        status: 200,
        body: [{ event: { event_id: race.eightK, participants: [] }, participants: rows }],
        match: { prefix: `/rest/race/${race.raceId}/participants` },
      },
    });
    const records = await listAll(connect(runSignup), 'EventParticipant', scope);
    expect(records).toEqual([
      expect.objectContaining({ remoteId: idOf(1), malformed: expect.stringContaining('last_modified') }),
      expect.objectContaining({
        remoteId: idOf(2),
        modifiedOn: '2021-09-07T19:15:22Z',
        content: {
          registrationNo: '2',
          status: 'active',
          bib: '101',
          teamName: null,
          registeredOn: '2021-09-07T19:15Z',
        },
      }),
      expect.objectContaining({ remoteId: idOf(3), malformed: expect.stringContaining('registration_date') }),
      expect.objectContaining({ remoteId: idOf(4), malformed: expect.stringContaining('user') }),
      expect.objectContaining({ remoteId: null, malformed: expect.anything() }),
    ]);
    expect(JSON.stringify(records)).not.toContain('yesterday');
  });
});

describe('a registration that is over', () => {
  test.each(['cleared', 'removed'] as const)('%s is told as such by list and fetch', async (reason) => {
    const { registrationId } = await register();
    await runSignup.control.backdoor({ do: 'remove', registrationId, reason });
    const target = connect(runSignup);
    const over = { remoteId: idOf(registrationId), removed: true, successor: null, content: { status: 'removed' } };
    expect(await listRecords(target, 'EventParticipant', scope)).toMatchObject([over]);
    expect(
      await target.inbound.fetch({ type: 'EventParticipant', remoteId: idOf(registrationId) }, null),
    ).toMatchObject(over);
  });

  test('transferred names its successor in the other event, and a fetch goes there', async () => {
    const { registrationId } = await register();
    const { newRegistrationId } = await runSignup.control.backdoor({
      do: 'transfer',
      registrationId,
      eventId: race.half,
    });
    const target = connect(runSignup);
    const next = idOf(newRegistrationId, race.half);
    expect(await listRecords(target, 'EventParticipant', scope)).toMatchObject([
      { remoteId: idOf(registrationId), removed: true, successor: next },
    ]);
    expect(
      await target.inbound.fetch({ type: 'EventParticipant', remoteId: idOf(registrationId) }, null),
    ).toMatchObject({
      remoteId: next,
      removed: false,
      content: { status: 'active' },
      references: { raceId: { type: 'Race', remoteId: `${race.raceId}/${race.half}` } },
    });
  });

  test('transferred twice is followed to its end; transferred and then cleared is over there', async () => {
    const { registrationId } = await register();
    const away = await runSignup.control.backdoor({ do: 'transfer', registrationId, eventId: race.half });
    const back = await runSignup.control.backdoor({
      do: 'transfer',
      registrationId: away.newRegistrationId,
      eventId: race.eightK,
    });
    const { inbound } = connect(runSignup);
    const fetched = await inbound.fetch({ type: 'EventParticipant', remoteId: idOf(registrationId) }, null);
    expect(fetched).toMatchObject({ remoteId: idOf(back.newRegistrationId), removed: false });

    await runSignup.control.backdoor({ do: 'remove', registrationId: back.newRegistrationId });
    const over = await inbound.fetch({ type: 'EventParticipant', remoteId: idOf(registrationId) }, null);
    expect(over).toMatchObject({ remoteId: idOf(back.newRegistrationId), removed: true });
  });

  test('transferred twice names in every list the one that it goes on as in the end', async () => {
    const { registrationId } = await register();
    const away = await runSignup.control.backdoor({ do: 'transfer', registrationId, eventId: race.half });
    const further = await runSignup.control.backdoor({
      do: 'transfer',
      registrationId: away.newRegistrationId,
      eventId: race.shift,
    });
    const end = idOf(further.newRegistrationId, race.shift);
    const gone = [
      { remoteId: idOf(registrationId), removed: true, successor: end },
      { remoteId: idOf(away.newRegistrationId, race.half), removed: true, successor: end },
    ];
    const target = connect(runSignup);
    expect(await listRecords(target, 'EventParticipant', scope)).toMatchObject(gone.slice(0, 1));
    expect(await listRecords(target, 'EventParticipant', `${race.raceId}/${race.half}`)).toMatchObject(gone.slice(1));
    // Where it arrives, it must not be taken for a new one: the first one comes with it.
    const arrived = await listRecords(target, 'EventParticipant', `${race.raceId}/${race.shift}`);
    expect(arrived).toMatchObject([{ remoteId: end, removed: false }, ...gone]);
  });

  test('transferred without an end is one malformed record of the list', async () => {
    const { registrationId } = await register();
    await runSignup.control.backdoor({ do: 'transfer', registrationId, eventId: race.half });
    // It names itself as the one that continues it.
    const row = { registration_id: registrationId, removed_reason: 'transferred', new_registration_id: registrationId };
    const feed = [{ event: { event_id: race.eightK, participants: [row] } }];
    const prefix = `/rest/race/${race.raceId}/removed-participants`;
    await runSignup.control.setFaults({ respond: { status: 200, body: feed, match: { prefix } } });
    const { records } = await connect(runSignup).inbound.list({
      type: 'EventParticipant',
      scope,
      since: null,
      page: null,
    });
    expect(records).toEqual([
      { type: 'EventParticipant', remoteId: idOf(registrationId), malformed: expect.stringMatching(/no end/) },
    ]);
  });

  test('deferred begins anew in another edition: removed here, no successor', async () => {
    const { registrationId } = await register();
    await runSignup.control.backdoor({ do: 'defer', registrationId, eventId: race.half });
    const other = await register({ email: 'other@runners.test' });
    await runSignup.control.backdoor({ do: 'defer', registrationId: other.registrationId });
    expect(await listRecords(connect(runSignup), 'EventParticipant', scope)).toMatchObject([
      { remoteId: idOf(registrationId), removed: true, successor: null },
      { remoteId: idOf(other.registrationId), removed: true, successor: null },
    ]);
  });

  test('is with every page, so that a transfer is known before its new registration is met', async () => {
    const { registrationId } = await register();
    await registerMany(3);
    await runSignup.control.backdoor({ do: 'transfer', registrationId, eventId: race.eightK });
    const target = connect(runSignup, {}, 2);
    let page: string | null = null;
    do {
      const listed = await target.inbound.list({ type: 'EventParticipant', scope, since: null, page });
      expect(listed.records).toContainEqual(expect.objectContaining({ remoteId: idOf(registrationId), removed: true }));
      page = listed.next;
    } while (page !== null);
  });

  test('is found also far back in the feed of removed ones', async () => {
    const { registrationId } = await register();
    for (const id of await registerMany(4)) {
      await runSignup.control.backdoor({ do: 'remove', registrationId: Number(id.split('/').at(-1)) });
    }
    await runSignup.control.backdoor({ do: 'remove', registrationId });
    const { inbound } = connect(runSignup, {}, 2);
    const fetched = await inbound.fetch({ type: 'EventParticipant', remoteId: idOf(registrationId) }, null);
    expect(fetched).toMatchObject({ removed: true });
    expect(await inbound.fetch({ type: 'EventParticipant', remoteId: idOf(1) }, null)).toBeNull();
  });
});

describe('races and events', () => {
  test('an event has the span of its edition, a race its start at the place and its distance', async () => {
    const target = connect(runSignup);
    const [event] = await listRecords(target, 'Event', race.link);
    expect(event).toMatchObject({
      type: 'Event',
      remoteId: race.link,
      content: { name: 'Harbour Weekend', startsOn: '2099-06-07T12:30Z', endsOn: '2099-06-08T16:00Z' },
    });
    expect(event?.content['website']).toMatch(/^https:\/\/runsignup\.example\/Race\//);
    const races = await listRecords(target, 'Race', race.link);
    expect(races.map(({ remoteId, content, references }) => ({ remoteId, content, references }))).toEqual([
      {
        remoteId: scope,
        content: { name: '8K', startsOn: '2099-06-07T12:30Z', distanceM: 8_000 },
        references: { eventId: { type: 'Event', remoteId: race.link } },
      },
      {
        remoteId: `${race.raceId}/${race.half}`,
        content: { name: 'Half', startsOn: '2099-06-08T11:00Z', distanceM: 21_098 },
        references: { eventId: { type: 'Event', remoteId: race.link } },
      },
    ]);
  });

  test('starts are in the zone of the race, not in that of RunSignup', async () => {
    const { raceId } = await runSignup.control.backdoor({
      do: 'create-race',
      race: { name: 'Lisboa', timezone: 'Europe/Lisbon', externalUrl: 'https://lisboa.example/' },
      events: [{ name: '10K', start: '2099-01-10T09:00', distance: 'Fun' }],
    });
    const target = connect(runSignup);
    const [listed] = await listRecords(target, 'Race', String(raceId));
    expect(listed?.content).toEqual({ name: '10K', startsOn: '2099-01-10T09:00Z' });
    expect(listed?.references['eventId']).toEqual({ type: 'Event', remoteId: String(raceId) });
    const [event] = await listRecords(target, 'Event', String(raceId));
    expect(event?.content).toMatchObject({ website: 'https://lisboa.example/' });
    expect(event?.content).not.toHaveProperty('endsOn');
  });

  test('fetched alone they are what the list shows; what is not there is null', async () => {
    const target = connect(runSignup);
    const [event] = await listRecords(target, 'Event', race.link);
    const [listed] = await listRecords(target, 'Race', race.link);
    expect(await target.inbound.fetch({ type: 'Event', remoteId: race.link }, null)).toEqual(event);
    expect(await target.inbound.fetch({ type: 'Race', remoteId: scope }, null)).toEqual(listed);
    expect(await target.inbound.fetch({ type: 'Race', remoteId: `${race.raceId}/99999` }, null)).toBeNull();
  });

  test('only the linked edition of a race that is used again counts; without one, the newest', async () => {
    const { events } = await runSignup.control.state();
    const first = { start_time: '6/7/2098 08:30', race_event_days_id: 1 };
    const template = { event_id: race.eightK, name: '8K', distance: '8K', volunteer: 'F' };
    const body = {
      race: {
        race_id: race.raceId,
        name: 'Harbour',
        timezone: 'America/New_York',
        last_modified: '1/11/2019 01:58',
        url: 'https://runsignup.example/',
        events: [
          { ...template, ...first },
          { ...template, event_id: 2, start_time: '6/7/2099 08:30', race_event_days_id: 2 },
          { ...template, event_id: 3, start_time: 'soon', race_event_days_id: 2 },
        ],
      },
    };
    expect(Object.keys(events)).toHaveLength(3);
    await runSignup.control.setFaults({ respond: { status: 200, body } });
    const target = connect(runSignup);
    const ids = async (link: string) =>
      (await listRecords(target, 'Race', link)).map(({ remoteId }) => remoteId.split('/')[1]);
    expect(await ids(`${race.raceId}@1`)).toEqual([String(race.eightK)]);
    expect(await ids(`${race.raceId}@2`)).toEqual(['2']);
    expect(await ids(`${race.raceId}`)).toEqual(['2']);
    const all = await listAll(target, 'Race', race.link);
    expect(all).toContainEqual(expect.objectContaining({ remoteId: `${race.raceId}/3`, malformed: expect.anything() }));
    expect((await listRecords(target, 'Event', `${race.raceId}@1`))[0]?.modifiedOn).toBe('2019-01-11T06:58:00Z');
  });
});
