import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
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

/** Person 3 with an e-mail address, and person 4, created in EMS from a contact with only a phone. */
async function two(phone: string) {
  const three = await under.personInStep();
  const { contact: four } = await under.control.backdoor({
    do: 'create-contact',
    set: { name: 'Stranger', phone_number: phone },
  });
  await chatwoot.settle();
  return { three, four: { person: await chatwoot.keyOf('Person', four), contact: four } };
}

describe('a contact that is merged into another person’s while it is sent (F1 case 18)', () => {
  test.each([
    ['finds no contact any more', 'latency', '+351911111110'],
    ['is answered as if nothing were wrong', 'slowCommit', '+351911111111'],
  ])('the one that is left keeps its person, the other is UNLINKED: the call %s', async (_, knob, phone) => {
    const { three, four } = await two(phone);
    const put = { method: 'PUT', prefix: `/api/v1/accounts/1/contacts/${three.contact}` };
    await under.control.setFaults({ [knob]: { ms: 2_500, times: 1, match: put } });
    await system.ems.update('person', three.person, { last_name: 'Costa' });
    const sweep = chatwoot.sweep();
    await system.eventually('the call under way', async () =>
      (await under.control.journal({ writesOnly: true })).some(
        ({ method, path }) => method === 'PUT' && path.endsWith(`/contacts/${three.contact}`),
      ),
    );
    await under.control.backdoor({ do: 'merge-contacts', base: four.contact, mergee: three.contact });
    await sweep;
    await under.control.clearFaults();
    await chatwoot.settle();

    expect(await under.contact(four.contact)).toMatchObject({
      custom_attributes: { ems_person_id: four.person },
      phone_number: phone,
    });
    expect(await chatwoot.record('Person', four.person)).toMatchObject({
      state: 'IN_SYNC',
      remote_id: String(four.contact),
    });
    expect(await chatwoot.record('Person', three.person)).toMatchObject({ state: 'UNLINKED', remote_id: null });
    expect(await under.row('person', three.person)).toMatchObject({ last_name: 'Costa' });
    expect(await under.row('person', four.person)).toMatchObject({ phone });
    expect((await under.control.state()).contacts[three.contact]).toBeUndefined();
  });
});
