import { describe, expect, test } from '@jest/globals';
import { sendInHalves } from '../../../activities/send-in-halves.ts';
import type { Content } from '../../../sync/content-hash.ts';
import { SyncError } from '../../../sync/sync-error.ts';
import type { SendRequest } from '../../../targets/remote-system.ts';
import { asSent, failureOf, type More } from '../results.ts';
import { ANA, mauticUnderTest, OPTED_IN, OPTED_OUT } from './mautic-under-test.ts';

const mautic = mauticUnderTest();

const person = (number: number, content: Content = {}, more: More = {}): SendRequest =>
  mautic.request(`${number}`, { ...ANA, ...OPTED_IN, email: `ana${number}@clube.example`, ...content }, more);

const people = (count: number, from = 1) => Array.from({ length: count }, (_, index) => person(from + index));

const batches = async () =>
  (await mautic.calls()).filter((call) => /batch|POST .*contacts\/new|edit|segments\/\d+\//.test(call));

test('two hundred new persons are one call, their topics another; sent again, they are one', async () => {
  const results = await mautic.sendMany(people(200));
  expect(results.map((result) => asSent(result).remoteId)).toHaveLength(200);
  expect(await batches()).toEqual([
    'POST /api/contacts/batch/new',
    expect.stringMatching(/segments\/\d+\/contacts\/add/),
  ]);
  const contacts = await mautic.contacts();
  expect(contacts.map(({ fields }) => fields['ems_person_id'])).toEqual(people(200).map(({ key }) => key));
  for (const { segments } of contacts) expect(segments).toEqual(['ems-newsletter']);
  await mautic.control.clearJournal();
  const changed = people(200).map(({ key }) => person(Number(key), { lastname: 'Sousa', mobile: null }));
  for (const result of await mautic.sendMany(changed)) expect(asSent(result).stored).toMatchObject({ mobile: null });
  expect(await batches()).toEqual(['PATCH /api/contacts/batch/edit']);
  expect((await mautic.contacts()).every(({ fields }) => fields['lastname'] === 'Sousa')).toBe(true);
});

test('a bad one among them harms no other, wherever it stands: each has its own result', async () => {
  const { remoteId } = asSent(await mautic.send('2', { ...ANA, email: 'ana2@clube.example' }));
  asSent(await mautic.send('4', { ...ANA, email: 'ana4@clube.example' }));
  await mautic.control.backdoor({ do: 'delete-contact', contact: Number(remoteId) });
  const requests = [
    person(1, { country: 'Lusitania' }),
    person(2, { lastname: 'Sousa' }),
    person(3),
    person(4, { firstname: 'x'.repeat(192) }),
    person(5),
  ];
  await mautic.control.clearJournal();
  const results = await mautic.sendMany(requests);
  expect(results).toMatchObject([
    { errorClass: 'rejected', field: 'country' },
    { kind: 'sent' },
    { kind: 'sent' },
    { errorClass: 'rejected', field: 'first_name' },
    { kind: 'sent' },
  ]);
  const held = (await mautic.contacts()).map(({ fields }) => String(fields['ems_person_id'])).toSorted();
  expect(held).toEqual(['2', '3', '4', '5']);
});

test('regions that Mautic does not list are left out in one more call', async () => {
  const requests = [
    person(1, { state: 'Norte' }),
    person(2),
    person(3, { state: 'Norte' }),
    person(4, { state: null }),
  ];
  const results = await mautic.sendMany(requests);
  expect(results.map((result) => asSent(result).stored?.['state'])).toEqual([null, 'Porto', null, null]);
  expect((await batches()).slice(0, 2)).toEqual(['POST /api/contacts/batch/new', 'POST /api/contacts/batch/new']);
  expect((await batches()).filter((call) => !/batch|contacts\/add/.test(call))).toEqual([]);
});

test('contacts that are there already are matched, and what they have refused stays', async () => {
  const set = { email: 'ana1@clube.example', city: 'Faro' };
  const { contact } = await mautic.control.backdoor({ do: 'create-contact', set });
  await mautic.control.backdoor({ do: 'unsubscribe', contact });
  const [one, two] = await mautic.sendMany([person(1, { city: null }), person(2)]);
  expect(asSent(one)).toMatchObject({
    remoteId: `${contact}`,
    refusals: [{ channel: 'email', reason: 'unsubscribed' }],
  });
  expect(await mautic.contact(contact)).toMatchObject({ doNotContact: [{ reason: 1 }], segments: [] });
  expect((await mautic.contact(contact))?.fields).not.toHaveProperty('city');
  expect((await mautic.contact(asSent(two).remoteId))?.segments).toEqual(['ems-newsletter']);
});

test('a create whose answer was lost is no second contact', async () => {
  await mautic.control.setFaults({ failAfter: { match: { prefix: '/api/contacts/batch' }, times: 1 } });
  expect(await failureOf(mautic.sendMany(people(3)))).toMatchObject({ errorClass: 'transient' });
  for (const result of await mautic.sendMany(people(3))) asSent(result);
  const contacts = await mautic.contacts();
  expect(contacts).toHaveLength(3);
  for (const { segments } of contacts) expect(segments).toEqual(['ems-newsletter']);
});

test('a contact of ours with an address that another has at Mautic by now is not written over for good', async () => {
  const { remoteId } = asSent(await mautic.send('1', { ...ANA, ...OPTED_IN, email: 'ana1@clube.example' }));
  await mautic.control.backdoor({
    do: 'edit-contact',
    contact: Number(remoteId),
    set: { email: 'ana2@clube.example' },
  });
  const [result] = await mautic.sendMany([person(2)]);
  expect(result).toMatchObject({ kind: 'blocked', by: [{ type: 'Person', key: '1' }] });
  asSent(await mautic.send('1', person(1).content, { release: true }));
  const [again] = await mautic.sendMany([person(2)]);
  expect(asSent(again).remoteId).not.toBe(remoteId);
  expect((await mautic.contact(remoteId))?.fields).toMatchObject({ email: 'ana1@clube.example', ems_person_id: '1' });
});

const can = (request: SendRequest) => mautic.remote().bulk?.canGather(request);

describe('alone goes', () => {
  test('who says no, or is refused: what is met must not be replaced', async () => {
    expect(can(person(1))).toBe(true);
    expect(can(person(1, OPTED_OUT))).toBe(false);
    expect(can(person(1, {}, { suppressions: [{ channel: 'sms', reason: 'bounced' }] }))).toBe(false);
  });

  test('whose address changes, who has zeros, and who is asked to release it', async () => {
    asSent(await mautic.send('1', { ...ANA, ...OPTED_IN, email: 'ana1@clube.example' }));
    expect(can(person(1, { lastname: 'Sousa' }))).toBe(true);
    expect(can(person(1, { email: 'ana@home.example' }))).toBe(false);
    expect(can(person(2, { zipcode: '00000' }))).toBe(false);
    expect(can(person(2, {}, { release: true }))).toBe(false);
  });
});

test.each([
  [429, 'transient'],
  [503, 'target-down'],
  [500, 'transient'],
])('a call that fails with %i fails for all', async (status, errorClass) => {
  await mautic.control.setFaults({ respond: { status, match: { prefix: '/api/contacts/batch' } } });
  expect(await failureOf(mautic.sendMany(people(3)))).toMatchObject({ errorClass });
});

test('a call that is refused as a whole is halved until what spoils it is alone', async () => {
  let calls = 0;
  const remote = mautic.remote();
  const results = await sendInHalves(async (requests) => {
    calls += 1;
    // Imitates a firewall that rejects a word.
    const spoiled = requests.some(({ key }) => key === '5');
    const respond = {
      status: 400,
      body: { errors: [{ code: 400, message: 'Bad request' }] },
      match: { prefix: '/api/contacts' },
    };
    await mautic.control.setFaults({ respond: spoiled ? respond : null });
    return (await remote.bulk?.sendMany(requests)) ?? [];
  }, people(8));
  expect(results.filter((result) => result instanceof SyncError)).toHaveLength(1);
  expect(results[4]).toMatchObject({ errorClass: 'rejected' });
  expect(calls).toBeLessThanOrEqual(1 + 2 * Math.log2(8));
  await mautic.control.setFaults({ respond: null });
  expect(await mautic.contacts()).toHaveLength(7);
});

test('an answer that leaves one out, or tells no status, is no success for it', async () => {
  asSent(await mautic.send('1', { ...ANA, ...OPTED_IN, email: 'ana1@clube.example' }));
  const body = { contacts: [], statusCodes: { 0: 200 } };
  const match = { prefix: '/api/contacts/batch' };
  await mautic.control.setFaults({ respond: { status: 200, body, match } });
  const [result] = await mautic.sendMany([person(1, { lastname: 'Sousa' })]);
  expect(asSent(result).stored).toMatchObject({ lastname: 'Sousa' });
  expect((await mautic.contact(1))?.fields['lastname']).toBe('Sousa');
});
