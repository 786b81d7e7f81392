import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { subscriberHash } from '../../simulators/mailchimp/start.ts';
import { runCli } from '../clients/run-cli.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import { System } from './system.ts';

let system: System;
let mautic: ProcessUnderTest;
let mailchimp: ProcessUnderTest;

beforeAll(async () => {
  system = await System.start({ targets: ['MAUTIC', 'MAILCHIMP'], settings: { CONSENT_SCOPE: 'organisation' } });
  mautic = system.process('MAUTIC');
  mailchimp = system.process('MAILCHIMP');
});

afterAll(async () => {
  await system?.stop();
});

let people = 0;

const newAddress = () => `ana${(people += 1)}@clube.example`;

/** A person who wants the newsletter, in sync at both targets. */
async function inStep(): Promise<{ person: string; email: string; preference: string }> {
  const email = newAddress();
  const person = await system.ems.person({ email });
  const preference = await system.ems.preference(person, true);
  await mautic.syncNow('Person', person);
  await mailchimp.syncNow('Person', person);
  return { person, email, preference };
}

async function contact(email: string) {
  const { contacts } = await system.mautic.control.state();
  const found = Object.values(contacts).find(({ fields }) => fields['email'] === email);
  if (found === undefined) throw new Error('Mautic has no contact with that address');
  return found;
}

const noes = async (email: string) =>
  (await contact(email)).doNotContact.map(({ channel, reason, comments }) => `${channel} ${reason} ${comments}`);

async function atMautic(act: 'bounce' | 'unsubscribe' | 'send-mail' | 'allow-contact', email: string): Promise<void> {
  await system.mautic.control.backdoor({ do: act, contact: (await contact(email)).id });
}

const status = async (email: string) =>
  (await system.mailchimp.control.state()).members[subscriberHash(email)]?.status ?? null;

async function standing(process: ProcessUnderTest, person: string): Promise<string> {
  const record = await process.record('Person', person);
  return `${record?.state}${record?.last_error == null ? '' : `, ${record.last_error}`}`;
}

/** Neither target has anything to do, and nothing is written. */
async function isCalm(): Promise<void> {
  await mautic.settle();
  await mailchimp.settle();
  const versions = await system.rowVersions();
  for (const { control } of [system.mautic, system.mailchimp]) await control.clearJournal();
  for (const process of [mautic, mailchimp]) {
    await process.poll();
    await process.sweep();
  }
  expect(await system.rowVersions()).toEqual(versions);
  for (const { control } of [system.mautic, system.mailchimp])
    expect(await control.journal({ writesOnly: true })).toEqual([]);
}

describe('a refusal at one target reaches the other by its next sweep, without a change in EMS', () => {
  test('learnt by a poll: and "why" and "status" say where it was made', async () => {
    const { person, email } = await inStep();
    await atMautic('bounce', email);
    await mautic.poll();
    await mailchimp.sweep();
    expect(await status(email)).toBe('unsubscribed');
    expect(await standing(mailchimp, person)).toBe('SUPPRESSED, email: bounced at MAUTIC');

    const why = await runCli(['why', 'Person', person], system.environment);
    expect(why.stdout).toMatch(/MAUTIC: .*\n(?: .*\n)* {2}refused +email: bounced\n/);
    expect(why.stdout).toMatch(/MAILCHIMP: .*\n(?: .*\n)* {2}refused +email: bounced at MAUTIC\n/);
    const seen = await runCli(['status'], system.environment);
    expect(seen.stdout).toMatch(/MAILCHIMP Person: \d+ of the suppressed refused at another target/);
    expect(seen.stdout).not.toMatch(/MAUTIC Person: \d+ of the suppressed/);
    const { stdout } = await runCli(['status', '--json'], system.environment);
    expect(JSON.parse(stdout).processes.MAILCHIMP.Person.refusedElsewhere).toBeGreaterThan(0);
    await isCalm();
  });

  test('learnt by a webhook', async () => {
    const { person, email } = await inStep();
    await system.mailchimp.control.backdoor({ do: 'clean', member: email });
    // The same request as the gateway sends.
    await mailchimp.syncNow('Person', person, 'inbound');
    await mautic.sweep();
    expect(await noes(email)).toEqual(['email 2 EMS: refused at MAILCHIMP']);
    expect(await standing(mautic, person)).toBe('SUPPRESSED, email: bounced at MAILCHIMP');
    await isCalm();
  });

  test('a complaint, which is told apart from an unsubscription and not weakened by it', async () => {
    const { person, email } = await inStep();
    await system.mailchimp.control.backdoor({ do: 'complain', member: email });
    await mailchimp.poll();
    await mailchimp.poll();
    expect(await standing(mailchimp, person)).toMatch(/^SUPPRESSED, email: (complained|unsubscribed)$/);
    await mautic.sweep();
    expect(await noes(email)).toEqual(['email 3 EMS: refused at MAILCHIMP']);
    expect(await standing(mautic, person)).toBe('SUPPRESSED, email: complained at MAILCHIMP');
    await isCalm();
  });

  test('learnt by a delivery', async () => {
    const { person, email } = await inStep();
    await atMautic('unsubscribe', email);
    await system.ems.update('person', person, { first_name: 'Eva' });
    await mautic.sweep();
    await mailchimp.sweep();
    expect(await status(email)).toBe('unsubscribed');
    expect(await standing(mailchimp, person)).toBe('SUPPRESSED, email: unsubscribed at MAUTIC');
    await isCalm();
  });

  test('of somebody whom EMS does not know there: whoever has that address', async () => {
    const email = newAddress();
    const person = await system.ems.person({ email });
    await system.ems.preference(person, true);
    await mailchimp.syncNow('Person', person);
    await system.mautic.control.backdoor({ do: 'create-contact', set: { email } });
    await atMautic('bounce', email);
    await mautic.poll();
    await mailchimp.sweep();
    expect(await status(email)).toBe('unsubscribed');
    expect(await standing(mailchimp, person)).toBe('SUPPRESSED, email: bounced at MAUTIC');
  });

  test('before everything else that is due', async () => {
    const others = [];
    for (let n = 0; n < 3; n += 1) others.push(await inStep());
    const last = await inStep();
    await system.mailchimp.control.backdoor({ do: 'clean', member: last.email });
    await mailchimp.poll();
    for (const { person } of others) await system.ems.update('person', person, { first_name: 'Eva' });
    await system.mautic.control.clearJournal();
    await mautic.sweep();
    const [first] = await system.mautic.control.journal({ writesOnly: true });
    expect(first?.path).toBe(`/api/contacts/${(await contact(last.email)).id}/dnc/email/add`);
  });

  test('while a bulk call is under way that makes the member: it does not stay subscribed', async () => {
    const email = newAddress();
    const person = await system.ems.person({ email });
    await mautic.syncNow('Person', person);
    await system.ems.preference(person, true);
    await atMautic('bounce', email);
    await system.mailchimp.control.setFaults({ latency: { ms: 4_000, times: 1, match: { method: 'POST' } } });
    const sweep = mailchimp.sweep();
    await system.eventually('a member that is being made', async () => {
      return (await mailchimp.record('Person', person))?.state === 'CREATING';
    });
    await mautic.poll();
    await sweep;
    await mailchimp.quiet();
    await mailchimp.sweep();
    expect(await status(email)).toBe('unsubscribed');
    expect(await standing(mailchimp, person)).toBe('SUPPRESSED, email: bounced at MAUTIC');
  });

  test('under another address of the person, and under another person who has the address', async () => {
    const { person, email } = await inStep();
    await atMautic('bounce', email);
    await mautic.poll();
    const moved = newAddress();
    await system.ems.update('person', person, { email: moved });
    const heir = await system.ems.person({ email });
    await system.ems.preference(heir, true);
    await mailchimp.settle();
    expect([await status(email), await status(moved)]).toEqual(['unsubscribed', null]);
    expect(await standing(mailchimp, person)).toBe('SUPPRESSED, email: bounced at MAUTIC');
    expect(await standing(mailchimp, heir)).toMatch(/^SUPPRESSED, email: /);
  });
});

describe('a refusal is lifted where it was made', () => {
  test('by the person at MailChimp: Mautic mails again if it has never mailed', async () => {
    const { person, email } = await inStep();
    await system.mailchimp.control.backdoor({ do: 'unsubscribe', member: email });
    await mailchimp.poll();
    await mautic.sweep();
    expect(await noes(email)).toEqual(['email 3 EMS: refused at MAILCHIMP']);
    await system.mailchimp.control.backdoor({ do: 'sign-up', email });
    await mailchimp.poll();
    await mautic.sweep();
    expect(await noes(email)).toEqual([]);
    expect([await standing(mautic, person), await standing(mailchimp, person)]).toEqual(['IN_SYNC', 'IN_SYNC']);
    await isCalm();
  });

  test('by the person at MailChimp: where Mautic has mailed it stays refused there, and at MailChimp the yes stands', async () => {
    const { person, email } = await inStep();
    await atMautic('send-mail', email);
    await system.mailchimp.control.backdoor({ do: 'unsubscribe', member: email });
    await mailchimp.poll();
    await mautic.sweep();
    await system.mailchimp.control.backdoor({ do: 'sign-up', email });
    await mailchimp.poll();
    await mautic.settle();
    await mailchimp.settle();
    expect(await noes(email)).toEqual(['email 1 EMS: opted in, but may have unsubscribed by mail']);
    expect(await standing(mautic, person)).toBe('SUPPRESSED, email: unsubscribed');
    expect([await status(email), await standing(mailchimp, person)]).toEqual(['subscribed', 'IN_SYNC']);
    await isCalm();
  });

  test('at Mautic: the person is asked at MailChimp, and not subscribed', async () => {
    const { person, email } = await inStep();
    await atMautic('unsubscribe', email);
    await mautic.poll();
    await mailchimp.sweep();
    expect(await status(email)).toBe('unsubscribed');
    await atMautic('allow-contact', email);
    await mautic.poll();
    await mailchimp.sweep();
    expect([await status(email), await standing(mailchimp, person)]).toEqual(['pending', 'IN_SYNC']);
    await isCalm();
  });

  test('and nowhere else: what is taken away at the other target is set again', async () => {
    const { person, email } = await inStep();
    await system.mailchimp.control.backdoor({ do: 'clean', member: email });
    await mailchimp.poll();
    await mautic.sweep();
    await atMautic('allow-contact', email);
    await mautic.settle();
    expect(await noes(email)).toEqual(['email 2 EMS: refused at MAILCHIMP']);
    expect(await standing(mautic, person)).toBe('SUPPRESSED, email: bounced at MAILCHIMP');

    const other = await inStep();
    await atMautic('bounce', other.email);
    await mautic.poll();
    await mailchimp.sweep();
    await system.mailchimp.control.backdoor({ do: 'sign-up', email: other.email });
    await mailchimp.settle();
    expect(await status(other.email)).toBe('unsubscribed');
    await isCalm();
  });
});

test('while SYNC_KEY is rotated: one that is learnt under the new key finds a record made under the old one', async () => {
  const [OLD, NEW] = [system.environment['SYNC_KEY'] ?? '', Buffer.alloc(32, 9).toString('base64')];
  const email = newAddress();
  const person = await system.ems.person({ email });
  await system.ems.preference(person, true);
  await mailchimp.syncNow('Person', person);
  for (const keys of [`${OLD},${NEW}`, `${NEW},${OLD}`]) {
    system.set({ SYNC_KEY: keys });
    await system.replaceWorkers();
  }
  await system.mautic.control.backdoor({ do: 'create-contact', set: { email } });
  await atMautic('bounce', email);
  await mautic.poll();
  await mailchimp.sweep();
  expect(await status(email)).toBe('unsubscribed');
  expect(await standing(mailchimp, person)).toBe('SUPPRESSED, email: bounced at MAUTIC');
});
