import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { subscriberHash } from '../../simulators/mailchimp/start.ts';
import { allHistories } from './personal-words.ts';
import { startGateway } from './program-under-test.ts';
import { System } from './system.ts';

type Gateway = Awaited<ReturnType<typeof startGateway>>;

const SECRET = 'a-secret-of-this-test';

let system: System;
let gateway: Gateway;
/** The secret that Mailchimp returns when it creates a signed webhook. */
let signingSecret: string;
let signed: Gateway;
const gateways: Gateway[] = [];

beforeAll(async () => {
  system = await System.start({ targets: ['MAUTIC', 'MAILCHIMP'] });
  gateway = await start({ MAUTIC_WEBHOOK_SECRET: SECRET, MAILCHIMP_WEBHOOK_SECRET: `older,${SECRET}` });
  await system.mautic.control.backdoor({
    do: 'create-hook',
    hook: {
      name: 'ems-sync',
      webhookUrl: `${gateway.url}/hooks/mautic`,
      secret: SECRET,
      triggers: ['mautic.lead_post_save_update', 'mautic.lead_channel_subscription_changed'],
    },
  });
});

afterAll(async () => {
  await Promise.all(gateways.map(({ child }) => child.stop()));
  await system?.stop();
});

async function start(settings: Readonly<Record<string, string>>): Promise<Gateway> {
  const started = await startGateway(system, settings);
  gateways.push(started);
  return started;
}

/** Makes this address the only one that Mailchimp sends webhooks to. @returns its secret, if it signs. */
async function mailchimpTells(url: string): Promise<string> {
  const { url: api, key, list } = system.mailchimp;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const hooks = `${api}/3.0/lists/${list}/webhooks`;
  const { webhooks } = (await (await fetch(hooks, { headers })).json()) as { webhooks: readonly { id: string }[] };
  for (const { id } of webhooks) await fetch(`${hooks}/${id}`, { method: 'DELETE', headers });
  const body = JSON.stringify({
    url,
    events: { subscribe: true, unsubscribe: true, profile: true, cleaned: true, upemail: true },
    sources: { user: true, admin: true, api: false },
  });
  const response = await fetch(hooks, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`Mailchimp would not take the address: ${response.status}`);
  return ((await response.json()) as { secret?: string }).secret ?? '';
}

let people = 0;

async function personInStep(process: 'MAUTIC' | 'MAILCHIMP') {
  people += 1;
  const email = `ana${people}@clube.example`;
  const person = await system.ems.person({ email });
  await system.ems.preference(person, true);
  await system.process(process).syncNow('Person', person);
  expect(await system.process(process).record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
  return { person, email };
}

const suppressed = (process: 'MAUTIC' | 'MAILCHIMP', person: string) =>
  system.eventually(`${process} Person/${person} SUPPRESSED`, async () => {
    const record = await system.process(process).record('Person', person);
    return record?.state === 'SUPPRESSED' ? record.last_error : null;
  });

async function post(path: string, body: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  return (await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body })).status;
}

describe('without any poll', () => {
  test('Mautic’s signed webhook brings an unsubscription into the suppression list', async () => {
    const { person } = await personInStep('MAUTIC');
    const contact = Number((await system.process('MAUTIC').record('Person', person))?.remote_id);
    await system.mautic.control.backdoor({ do: 'unsubscribe', contact });
    expect(await suppressed('MAUTIC', person)).toMatch(/unsubscribed/);
  });

  test('MailChimp’s form does, known by the secret at the end of its address', async () => {
    await mailchimpTells(`${gateway.url}/hooks/mailchimp/${SECRET}`);
    const { person, email } = await personInStep('MAILCHIMP');
    await system.mailchimp.control.backdoor({ do: 'unsubscribe', member: email });
    expect(await suppressed('MAILCHIMP', person)).toMatch(/unsubscribed/);
  });

  test('MailChimp’s signed form does, at an address that is no secret', async () => {
    await system.mailchimp.control.setSettings({ signWebhooks: true });
    signingSecret = await mailchimpTells(`${gateway.url}/hooks/mailchimp/signed`);
    expect(signingSecret).toMatch(/^[0-9a-f]{32}$/);
    signed = await start({ MAILCHIMP_WEBHOOK_SECRET: signingSecret });
    await mailchimpTells(`${signed.url}/hooks/mailchimp/signed`);
    // A secret is shown only when the webhook is created, so the gateway gets the new one.
    const latest = await mailchimpTells(`${signed.url}/hooks/mailchimp/signed`);
    await signed.child.stop();
    signed = await start({ MAILCHIMP_WEBHOOK_SECRET: latest, GATEWAY_PORT: new URL(signed.url).port });
    const { person, email } = await personInStep('MAILCHIMP');
    await system.mailchimp.control.backdoor({ do: 'clean', member: email });
    expect(await suppressed('MAILCHIMP', person)).toMatch(/bounced/);
  });
});

describe('what nobody we know has sent', () => {
  test('changes nothing, and is answered without a hint', async () => {
    const form = new URLSearchParams({ type: 'unsubscribe', 'data[email]': 'ana1@clube.example' }).toString();
    const before = await system.temporal.workflow.count('WorkflowType = "syncEntity"');
    expect(await post('/hooks/mailchimp/wrong', form)).toBe(401);
    expect(await post('/hooks/mailchimp/signed', form)).toBe(401);
    expect(await post(`/hooks/mailchimp/${SECRET}`, form, { 'x-mailchimp-signature': 't=1,v1=00' })).toBe(401);
    expect(await post('/hooks/mautic', '{}')).toBe(401);
    expect(await post('/hooks/mautic', '{}', { 'webhook-signature': 'AAAA' })).toBe(401);
    expect((await system.temporal.workflow.count('WorkflowType = "syncEntity"')).count).toBe(before.count);
  });

  test('is not taken where there is no secret', async () => {
    const other = await start({});
    for (const path of ['/hooks/mautic', `/hooks/mailchimp/${SECRET}`])
      expect((await fetch(`${other.url}${path}`, { method: 'POST', body: '' })).status).toBe(404);
  });

  test('tells of strangers, and makes nobody', async () => {
    const form = new URLSearchParams({ type: 'subscribe', 'data[email]': 'stranger@clube.example' }).toString();
    expect(await post(`/hooks/mailchimp/${SECRET}`, form)).toBe(200);
    const { rows } = await system.database.query(`SELECT FROM person WHERE email LIKE 'stranger%'`);
    expect(rows).toEqual([]);
  });
});

test('no address, hash of one, or secret is in a log or a history', async () => {
  const words = [SECRET, signingSecret, ...Array.from({ length: people }, (_, n) => `ana${n + 1}@clube.example`)];
  words.push(...words.filter((word) => word.includes('@')).map(subscriberHash));
  const logs = [system.workerLog, ...gateways.map((one) => one.log())].join('\n');
  expect(words.filter((word) => logs.includes(word))).toEqual([]);
  const histories = await allHistories(system.temporal);
  expect([...histories.values()].join('')).toContain('MAILCHIMP');
  for (const [id, text] of histories) expect([id, words.filter((word) => text.includes(word))]).toEqual([id, []]);
});
