import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startRunSignup, type StartedRunSignup } from '../../../simulators/runsignup/start.ts';
import { contentDigest } from '../../../sync/content-hash.ts';
import { connect, harbourWeekend, listRecords, margie, request } from './connection.ts';

let runSignup: StartedRunSignup;
let race: Awaited<ReturnType<typeof harbourWeekend>>;

beforeAll(async () => {
  runSignup = await startRunSignup();
});

beforeEach(async () => {
  race = await harbourWeekend(runSignup);
});

afterEach(async () => {
  await runSignup?.control.reset();
});

afterAll(async () => {
  await runSignup?.stop();
});

const register = (set: object = {}, user: object = margie) =>
  runSignup.control.backdoor({ do: 'register', eventId: race.eightK, user: { ...user }, set });

const idOf = (registrationId: number, eventId = race.eightK) => `${race.raceId}/${eventId}/${registrationId}`;

const writes = async () => (await runSignup.control.journal({ writesOnly: true })).length;

const registration = async (id: number) => (await runSignup.control.state()).registrations[String(id)];

describe('bib and chip', () => {
  test('are written, and the base is what RunSignup holds', async () => {
    const { registrationId } = await register();
    const target = connect(runSignup);
    const result = await target.send(
      request('EventParticipant', idOf(registrationId), { bib: '101', chip: '058003A1' }),
    );
    expect(result).toMatchObject({
      kind: 'sent',
      remoteId: idOf(registrationId),
      stored: { bib: '101', chip: '058003A1', status: 'active', registrationNo: String(registrationId) },
    });
    expect(await registration(registrationId)).toMatchObject({ bib: '101', chip: '058003A1' });
  });

  test('are compared first: sending them again writes nothing', async () => {
    const { registrationId } = await register({ bib: '101', chip: '12345' });
    const sent = request('EventParticipant', idOf(registrationId), { bib: '101', chip: '12345' });
    await connect(runSignup).send(sent);
    expect(await writes()).toBe(0);
  });

  test('are cleared where EMS has none, and nothing else is touched', async () => {
    const { registrationId } = await register({ bib: '101', chip: 'A1', giveaway: 'Shirt M', ageGroup: 'F30-39' });
    const before = await registration(registrationId);
    await connect(runSignup).send(request('EventParticipant', idOf(registrationId), { bib: null, chip: null }));
    expect(await registration(registrationId)).toEqual({
      ...before,
      bib: null,
      chip: null,
      modifiedAt: expect.any(Number),
    });
  });

  test('come back as sent whether RunSignup shows them as numbers or as text', async () => {
    for (const numbersComeAs of ['number', 'string'] as const) {
      await runSignup.control.assume({ numbersComeAs });
      const { registrationId } = await register();
      const content = { bib: '7', chip: '4711' };
      const result = await connect(runSignup).send(request('EventParticipant', idOf(registrationId), content));
      expect(result).toMatchObject({ stored: content });
    }
  });

  test('that are ignored without a word on a registration that is over are told, naming the field', async () => {
    const { registrationId } = await register({ bib: '5' });
    await runSignup.control.backdoor({ do: 'remove', registrationId });
    const target = connect(runSignup);
    await expect(
      target.send(request('EventParticipant', idOf(registrationId), { bib: '101', chip: null })),
    ).rejects.toMatchObject({ errorClass: 'rejected', code: 'not-stored', field: 'bib' });
    const cleared = await target.send(request('EventParticipant', idOf(registrationId), { bib: '5', chip: null }));
    expect(cleared).toMatchObject({ kind: 'sent', stored: { status: 'removed' } });
  });

  test('that were taken and not stored are told after reading back', async () => {
    const { registrationId } = await register();
    await runSignup.control.setFaults({
      respond: { status: 200, body: { participants: [] }, match: { method: 'POST' } },
    });
    await expect(
      connect(runSignup).send(request('EventParticipant', idOf(registrationId), { bib: '101', chip: 'A1' })),
    ).rejects.toMatchObject({ errorClass: 'contract', code: 'not-stored', field: 'bib, chip' });
  });

  test('an answer of any shape will do if RunSignup has stored them', async () => {
    const { registrationId } = await register();
    await runSignup.control.setFaults({ garble: { as: 'shape', match: { method: 'POST' } } });
    await connect(runSignup).send(request('EventParticipant', idOf(registrationId), { bib: '101', chip: null }));
    expect(await registration(registrationId)).toMatchObject({ bib: '101' });
  });

  test.each([514, 515])('an error %d of the entry, inside a success, is rejected', async (code) => {
    const { registrationId } = await register();
    const error = { error_code: code, error_msg: 'Margie' };
    await runSignup.control.setFaults({
      respond: {
        status: 200,
        body: { participants: [{ registration_id: registrationId, error }] },
        match: { method: 'POST' },
      },
    });
    await expect(
      connect(runSignup).send(request('EventParticipant', idOf(registrationId), { bib: '101', chip: null })),
    ).rejects.toMatchObject({ errorClass: 'rejected', code: `runsignup-${code}` });
  });

  test('a lost answer is repeated without a second effect', async () => {
    const { registrationId } = await register();
    await runSignup.control.setFaults({ failAfter: { times: 1, match: { method: 'POST' } } });
    const target = connect(runSignup);
    const sent = request('EventParticipant', idOf(registrationId), { bib: '101', chip: 'A1' });
    await expect(target.send(sent)).rejects.toMatchObject({ errorClass: 'transient' });
    await expect(target.send(sent)).resolves.toMatchObject({ kind: 'sent' });
    expect(await writes()).toBe(1);
  });

  test('wait for the poll where the registration was transferred: the bib was of the other event', async () => {
    const { registrationId } = await register();
    await runSignup.control.backdoor({ do: 'transfer', registrationId, eventId: race.half });
    await expect(
      connect(runSignup).send(request('EventParticipant', idOf(registrationId), { bib: '101', chip: null })),
    ).rejects.toMatchObject({ errorClass: 'transient', code: 'transferred' });
    expect(await writes()).toBe(0);
  });

  test('of a registration that RunSignup does not know are rejected', async () => {
    await expect(
      connect(runSignup).send(request('EventParticipant', idOf(99), { bib: '1', chip: null })),
    ).rejects.toMatchObject({ errorClass: 'rejected', code: 'gone' });
    await expect(connect(runSignup).send(request('EventParticipant', null, {}))).rejects.toMatchObject({
      errorClass: 'rejected',
    });
  });
});

test('what a delivery has stored hashes as what a poll and a fetch show', async () => {
  const team = await runSignup.control.backdoor({ do: 'create-team', eventId: race.eightK, name: 'Harbour  Hares' });
  const { registrationId } = await register({ teamId: team.teamId, ageGroup: 'F30-39' });
  const target = connect(runSignup);
  const result = await target.send(request('EventParticipant', idOf(registrationId), { bib: '101', chip: 'A1' }));
  const [listed] = await listRecords(target, 'EventParticipant', `${race.raceId}/${race.eightK}`);
  const fetched = await target.inbound.fetch({ type: 'EventParticipant', remoteId: idOf(registrationId) }, null);
  expect(result).toMatchObject({ stored: { teamName: 'Harbour Hares', category: 'F30-39' } });
  const stored = 'stored' in result ? (result.stored ?? {}) : {};
  expect(contentDigest(listed?.content ?? {})).toBe(contentDigest(stored));
  expect(contentDigest(fetched?.content ?? {})).toBe(contentDigest(stored));
  expect(result).toMatchObject({ remoteModifiedOn: fetched?.modifiedOn });
});

test('nothing is ever deleted at RunSignup', async () => {
  const { registrationId } = await register();
  const target = connect(runSignup);
  for (const [type, remoteId] of [
    ['EventParticipant', idOf(registrationId)],
    ['Person', '1'],
    ['Race', `${race.raceId}/${race.eightK}`],
    ['Event', race.link],
  ] as const) {
    expect(await target.remove({ type, key: '1', remoteId, fencingToken: 1n })).toEqual({ kept: true });
  }
  expect(await writes()).toBe(0);
});
