import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { subscriberHash } from '../../simulators/mailchimp/start.ts';
import { System } from './system.ts';

/** Targets where an address or a number is unique. */
const TARGETS = ['CHATWOOT', 'MAUTIC', 'MAILCHIMP'] as const;

let system: System;
let people = 0;

beforeAll(async () => {
  system = await System.start({ targets: TARGETS });
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await system?.stop();
});

const email = () => `giving${(people += 1)}@clube.example`;

/** A person who wants the newsletter, in sync at all three. */
async function personInStep(values: Readonly<Record<string, unknown>>): Promise<string> {
  const person = await system.ems.person(values);
  await system.ems.preference(person, true);
  await everywhere(person, 'IN_SYNC');
  return person;
}

/** Sweeps until the person's record has this state at all three. */
async function everywhere(person: string, state: string): Promise<void> {
  for (const name of TARGETS) {
    const process = system.process(name);
    await system.eventually(`${name} Person/${person} in state ${state}`, async () => {
      await process.sweep();
      return (await process.record('Person', person))?.state === state;
    });
  }
}

/** The owner of the address at each target. */
async function holders(address: string) {
  const { contacts } = await system.chatwoot.control.state();
  const { contacts: leads } = await system.mautic.control.state();
  const { members } = await system.mailchimp.control.state();
  return {
    CHATWOOT: Object.values(contacts)
      .filter((contact) => contact.email === address)
      .map(({ custom_attributes }) => custom_attributes['ems_person_id']),
    MAUTIC: Object.values(leads)
      .filter(({ fields }) => fields['email'] === address)
      .map(({ fields }) => fields['ems_person_id']),
    MAILCHIMP: [members[subscriberHash(address)]?.mergeFields['EMSID']],
  };
}

/** Too long a name for any target. */
const TOO_LONG = 'x'.repeat(300);

describe('a person who cannot be sent, and whose address EMS has given to another (F1 point 13)', () => {
  test('lets go of the e-mail address at every target, and is sent again when that is possible', async () => {
    const [before, after] = [email(), email()];
    // The birth date says that it is still the same person when address and name change at once.
    const holder = await personInStep({ email: before, date_of_birth: '1980-04-01' });
    await system.ems.update('person', holder, { email: after, last_name: TOO_LONG });
    await everywhere(holder, 'PARKED');

    const successor = await personInStep({ email: before, first_name: 'Rui' });

    expect(await holders(before)).toEqual({ CHATWOOT: [successor], MAUTIC: [successor], MAILCHIMP: [successor] });
    for (const name of TARGETS)
      expect([name, (await system.process(name).record('Person', holder))?.state]).toEqual([name, 'PARKED']);

    await system.ems.update('person', holder, { last_name: 'Costa' });
    await everywhere(holder, 'IN_SYNC');
    expect(await holders(after)).toEqual({ CHATWOOT: [holder], MAUTIC: [holder], MAILCHIMP: [holder] });
    expect(await holders(before)).toEqual({ CHATWOOT: [successor], MAUTIC: [successor], MAILCHIMP: [successor] });
  });

  test('lets go of the phone number at ChatWoot, and of nothing else', async () => {
    const [own, others] = [email(), email()];
    const holder = await personInStep({ email: own, phone: '+351912345001' });
    await system.ems.update('person', holder, { phone: '+351912345002', last_name: TOO_LONG });
    await everywhere(holder, 'PARKED');

    const successor = await personInStep({ email: others, phone: '+351912345001' });

    const { contacts } = await system.chatwoot.control.state();
    const byIdentifier = (person: string) =>
      Object.values(contacts).find(({ custom_attributes }) => custom_attributes['ems_person_id'] === person);
    expect(byIdentifier(successor)).toMatchObject({ phone_number: '+351912345001' });
    expect(byIdentifier(holder)).toMatchObject({ phone_number: null, email: own, name: 'Ana Silva' });
    // The echo of our own write is not a change.
    await system.process('CHATWOOT').poll();
    expect((await system.process('CHATWOOT').poll()).totals['Person']).toMatchObject({ changed: 0 });
  });
});
