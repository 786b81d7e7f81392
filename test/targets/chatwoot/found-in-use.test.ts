import { beforeEach, describe, expect, test } from '@jest/globals';
import { asSent } from '../results.ts';
import { ANA, chatwootUnderTest } from './chatwoot-under-test.ts';

/** Problems found in ChatWoot's code and in use: docs/pitfalls.md, "Found in use". */
const chatwoot = chatwootUnderTest();

describe('a phone number from before August 2026, which ChatWoot refuses with every update', () => {
  const OLD = 'call +351912345678';
  let id = '';

  /** Ana's contact, with the phone number that an agent entered. */
  beforeEach(async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    id = remoteId;
    const set = { phone_number: OLD };
    await chatwoot.control.backdoor({ do: 'edit-contact', contact: Number(id), set, unvalidated: true });
  });

  test('is mended when the person is sent, also if nothing else has changed', async () => {
    asSent(await chatwoot.sendPerson('4711', ANA));
    expect(await chatwoot.contact(id)).toMatchObject({ phone_number: '+351912345678' });
  });

  test('does not keep the person from being taken off', async () => {
    await chatwoot.remove('Person', '4711', id);
    expect(await chatwoot.contact(id)).toMatchObject({
      phone_number: '+351912345678',
      custom_attributes: { ems_removed: true },
    });
  });

  test('does not keep the address of a person who was taken off from another person', async () => {
    await chatwoot.control.setSettings({ phoneFormat: 'ending' });
    await chatwoot.control.backdoor({
      do: 'edit-contact',
      contact: Number(id),
      set: { custom_attributes: { ems_removed: true } },
      unvalidated: true,
    });
    await chatwoot.control.setSettings({ phoneFormat: 'anchored' });
    const rui = { ...ANA, name: 'Rui Silva', phone_number: null };
    const other = asSent(await chatwoot.sendPerson('4712', { ...rui, email: 'rui@clube.example' }));
    asSent(await chatwoot.sendPerson('4712', rui, { remoteId: other.remoteId }));
    expect(await chatwoot.contact(other.remoteId)).toMatchObject({ email: ANA['email'] });
    expect(await chatwoot.contact(id)).toMatchObject({ email: null, phone_number: '+351912345678' });
  });

  test('in which there is no number is cleared', async () => {
    const set = { phone_number: 'ask his mother' };
    await chatwoot.control.backdoor({ do: 'edit-contact', contact: Number(id), set, unvalidated: true });
    await chatwoot.remove('Person', '4711', id);
    expect(await chatwoot.contact(id)).toMatchObject({ phone_number: null, custom_attributes: { ems_removed: true } });
  });
});
