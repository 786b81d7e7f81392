import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { subscriberHash } from '../../simulators/mailchimp/start.ts';
import { runCli } from '../clients/run-cli.ts';
import { MailchimpUnderTest } from './mailchimp-under-test.ts';
import { allHistories } from './personal-words.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { System } from './system.ts';

let under: MailchimpUnderTest;
let system: System;
let mailchimp: ProcessUnderTest;

beforeAll(async () => {
  under = await MailchimpUnderTest.start();
  ({ system, process: mailchimp } = under);
});

afterEach(() => system.tidyUp());

afterAll(async () => {
  await under?.stop();
});

describe('outbound', () => {
  test('a new person who wants e-mail is a member with all of its fields, topics and tags', async () => {
    const email = under.email();
    const person = await system.ems.person({
      email: email.toUpperCase(),
      phone: '+351 912 345 678',
      date_of_birth: '1988-02-29',
      street: 'Rua Nova 1',
      city: 'Porto',
      postal_code: '4000-100',
      country: 'PT',
      language: 'pt-PT',
    });
    const event = await system.ems.event();
    await system.ems.participant(event, await system.ems.race(event), { person_id: person });
    const newsletter = await system.ems.preference(person, true);
    await mailchimp.settle();
    expect(await under.member(email)).toMatchObject({
      status: 'subscribed',
      mergeFields: {
        FNAME: 'Ana',
        LNAME: 'Silva',
        PHONE: '+351912345678',
        BDATE: '1988-02-29',
        EMSID: person,
        ADDRESS: { addr1: 'Rua Nova 1', city: 'Porto', state: '-', zip: '4000-100', country: 'PT' },
      },
      language: 'pt_PT',
    });
    const hash = subscriberHash(email);
    expect(await mailchimp.record('Person', person)).toMatchObject({ state: 'IN_SYNC', remote_id: hash });
    expect(await mailchimp.record('ContactPreference', newsletter)).toMatchObject({
      state: 'IN_SYNC',
      remote_id: `${hash}/EMAIL/NEWSLETTER`,
    });
  });

  test('an idle second sweep and poll write nothing anywhere', async () => {
    await under.personInStep();
    await mailchimp.settle();
    const versions = await system.rowVersions();
    await under.control.clearJournal();
    await mailchimp.sweep();
    await mailchimp.poll();
    expect(await under.control.journal({ writesOnly: true })).toEqual([]);
    expect(await system.rowVersions()).toEqual(versions);
  });

  test('whoever wants no e-mail is not put in', async () => {
    const email = under.email();
    const person = await system.ems.person({ email });
    await system.ems.preference(person, false);
    await mailchimp.settle();
    expect(await under.member(email)).toBeNull();
    expect(await mailchimp.record('Person', person)).toBeNull();
  });

  test('an opt-out in EMS unsubscribes; an opt-in after it asks the person by mail', async () => {
    const { person, email, preference } = await under.personInStep();
    await system.ems.update('contact_preference', preference, { opted_in: false });
    await mailchimp.sweep();
    expect(await under.member(email)).toMatchObject({ status: 'unsubscribed' });
    expect(await mailchimp.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
    await mailchimp.poll();
    expect(await mailchimp.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
    await system.ems.update('contact_preference', preference, { opted_in: true });
    await mailchimp.sweep();
    expect(await under.member(email)).toMatchObject({ status: 'pending' });
    expect((await under.control.state()).confirmationsSent).toContain(email);
  });

  test.each([
    [
      'opts out',
      async (person: string, preference: string) => {
        expect(person).not.toBe('');
        await system.ems.update('contact_preference', preference, { opted_in: false });
      },
    ],
    [
      'is deleted',
      async (person: string, preference: string) => {
        await system.ems.delete('contact_preference', preference);
        await system.ems.delete('person', person);
      },
    ],
  ] as const)(
    'a create whose answer was lost, of a person who then %s: nobody stays subscribed',
    async (_, happens) => {
      const email = under.email();
      const person = await system.ems.person({ email });
      const preference = await system.ems.preference(person, true);
      await under.control.setFaults({ failAfter: { match: { method: 'PUT' } } });
      await mailchimp.request('Person', person);
      await system.eventually('the member', () => under.member(email));
      await happens(person, preference);
      await under.control.clearFaults();
      await mailchimp.settle();
      expect(await under.member(email)).toMatchObject({ status: expect.stringMatching(/^(unsubscribed|archived)$/) });
    },
  );

  test('a change of address whose answer was lost, of a person who is then deleted: nobody stays subscribed', async () => {
    const { person, preference } = await under.personInStep();
    const next = under.email();
    await under.control.setFaults({ failAfter: { match: { method: 'PATCH' } } });
    await system.ems.update('person', person, { email: next });
    await mailchimp.request('Person', person);
    await system.eventually('the move', () => under.member(next));
    await system.ems.delete('contact_preference', preference);
    await system.ems.delete('person', person);
    await under.control.clearFaults();
    await mailchimp.settle();
    expect(await under.member(next)).toMatchObject({ status: 'archived' });
    expect(await mailchimp.record('Person', person)).toBeNull();
    expect((await system.database.query('SELECT FROM sync_rekey')).rows).toEqual([]);
  });

  test('an e-mail goes from A to B and back: one member throughout', async () => {
    const { person, email: a } = await under.personInStep();
    const b = under.email();
    for (const [email, other] of [
      [b, a],
      [a, b],
    ] as const) {
      await system.ems.update('person', person, { email });
      await mailchimp.sweep();
      expect(await under.member(email)).toMatchObject({ status: 'subscribed', mergeFields: { EMSID: person } });
      expect(await under.member(other)).toBeNull();
    }
  });

  test('two persons swap their addresses', async () => {
    const one = await under.personInStep({ first_name: 'One' });
    const two = await under.personInStep({ first_name: 'Two' });
    await system.ems.update('person', one.person, { email: two.email });
    await system.ems.update('person', two.person, { email: one.email });
    await mailchimp.settle();
    expect(await under.member(two.email)).toMatchObject({ status: 'subscribed', mergeFields: { EMSID: one.person } });
    expect(await under.member(one.email)).toMatchObject({ status: 'subscribed', mergeFields: { EMSID: two.person } });
    for (const { person } of [one, two])
      expect(await mailchimp.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
  });
});

describe('consent that is refused there', () => {
  test('is read back: SUPPRESSED, and an opt-in in EMS writes nothing', async () => {
    const { person, email, preference } = await under.personInStep();
    await under.control.backdoor({ do: 'unsubscribe', member: email });
    await mailchimp.settle();
    expect(await mailchimp.record('Person', person)).toMatchObject({
      state: 'SUPPRESSED',
      last_error: 'email: unsubscribed',
    });
    expect(await mailchimp.record('ContactPreference', preference)).toMatchObject({ state: 'SUPPRESSED' });
    await under.control.clearJournal();
    await system.ems.update('person', person, { first_name: 'Anna' });
    await system.ems.update('contact_preference', preference, { opted_in: false });
    await mailchimp.settle();
    await system.ems.update('contact_preference', preference, { opted_in: true });
    await mailchimp.settle();
    expect(await under.control.journal({ writesOnly: true })).toEqual([]);
    expect(await under.member(email)).toMatchObject({ status: 'unsubscribed' });
  });

  test('the person signs up again in MailChimp: in step again', async () => {
    const { person, email } = await under.personInStep();
    await under.control.backdoor({ do: 'unsubscribe', member: email });
    await mailchimp.settle();
    await under.control.backdoor({ do: 'sign-up', email });
    await mailchimp.settle();
    expect(await under.member(email)).toMatchObject({ status: 'subscribed' });
    expect(await mailchimp.record('Person', person)).toMatchObject({ state: 'IN_SYNC', last_error: null });
  });

  test('nothing of who it is, hash included, stands in a history or a log, or is shown to who asks why', async () => {
    const { person, email } = await under.personInStep({ first_name: 'Zacharias' });
    await under.control.backdoor({ do: 'clean', member: email });
    await mailchimp.settle();
    const histories = [...(await allHistories(system.temporal)).values()].join('\n');
    expect(histories).toContain(person);
    const why = await runCli(['why', 'Person', person], system.environment);
    expect(why.stdout).toMatch(/remote id +kept back/);
    const whyJson = await runCli(['why', 'Person', person, '--json'], system.environment);
    expect(whyJson.stdout).toContain('SUPPRESSED');
    for (const word of [email, subscriberHash(email), 'Zacharias'])
      for (const text of [histories, system.workerLog, why.stdout, whyJson.stdout]) expect(text).not.toContain(word);
  });
});
