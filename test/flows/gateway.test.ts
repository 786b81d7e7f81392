import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { runCli } from '../clients/run-cli.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import { startGateway as startGatewayOf } from './program-under-test.ts';
import { System } from './system.ts';
import { syncDirectionAttribute } from '../../workflows/search-attributes.ts';

type Gateway = Awaited<ReturnType<typeof startGatewayOf>>;

const gateways: Gateway[] = [];
let system: System;
let chatwoot: ProcessUnderTest;
let secret: string;
let gateway: Gateway;

beforeAll(async () => {
  system = await System.start({ targets: ['CHATWOOT'] });
  chatwoot = system.process('CHATWOOT');
  // ChatWoot returns the secret when the webhook is created. The gateway's address is known only when it runs.
  const { webhook } = await api<{ webhook: { id: number; secret: string } }>('POST', '/webhooks', {
    webhook: { url: 'http://127.0.0.1:9/not-yet' },
  });
  ({ secret } = webhook);
  gateway = await startGateway();
  await api('PATCH', `/webhooks/${webhook.id}`, { webhook: { url: `${gateway.url}/hooks/chatwoot` } });
});

afterAll(async () => {
  await Promise.all(gateways.map(({ child }) => child.stop()));
  await system?.stop();
});

async function startGateway(settings: Readonly<Record<string, string>> = {}): Promise<Gateway> {
  const started = await startGatewayOf(system, { CHATWOOT_WEBHOOK_SECRET: secret, ...settings });
  gateways.push(started);
  return started;
}

async function api<T>(method: string, path: string, body: unknown): Promise<T> {
  const { url, token, account } = system.chatwoot;
  const response = await fetch(`${url}/api/v1/accounts/${account}${path}`, {
    method,
    headers: { 'content-type': 'application/json', api_access_token: token },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return ((await response.json()) as { payload: T }).payload;
}

/** A webhook as ChatWoot sends it, without ChatWoot. */
async function send({ url }: Gateway, payload: unknown): Promise<number> {
  const body = JSON.stringify(payload);
  const seconds = Math.floor(Date.now() / 1_000);
  const signature = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  const { status } = await fetch(`${url}/hooks/chatwoot`, {
    method: 'POST',
    headers: { 'x-chatwoot-timestamp': String(seconds), 'x-chatwoot-signature': `sha256=${signature}` },
    body,
  });
  return status;
}

/** Waits until every webhook is sent and answered, and everything they started has ended. */
async function webhooksDone(): Promise<void> {
  await system.eventually(
    'webhooks that are sent',
    async () => (await system.chatwoot.control.deliveries()).underWay === 0,
  );
  await chatwoot.quiet();
}

let people = 0;

async function personInStep(): Promise<{ person: string; contact: number }> {
  people += 1;
  const person = await system.ems.person({ email: `ana${people}@clube.example` });
  await chatwoot.syncNow('Person', person);
  await webhooksDone();
  return { person, contact: Number((await chatwoot.record('Person', person))?.remote_id) };
}

async function rows(statement: string, ...values: unknown[]): Promise<Record<string, unknown>[]> {
  return (await system.database.query(statement, values)).rows;
}

const passesOver = async (contact: number, after: number) =>
  (await system.chatwoot.control.journal())
    .slice(after)
    .filter(({ method, path }) => method === 'GET' && path.endsWith(`/contacts/${contact}`)).length;

/** A pause of this length between two signals may end a burst, so the webhooks would count as several bursts. */
const LONGEST_PAUSE_MS = 500;

/** A burst that does not end is served once in this time. */
const LONGEST_WAIT_MS = 30_000;

const STORMS_AT_MOST = 5;

/** Sends a thousand webhooks for one contact. On a busy machine one may stall; then it repeats with another contact. */
async function stormWithoutPause() {
  for (let storms = 1; storms <= STORMS_AT_MOST; storms += 1) {
    const contact = await personInStep();
    const before = (await system.chatwoot.control.journal()).length;
    const since = Date.now();
    await storm(contact.contact);
    await webhooksDone();
    const signals = await signalsOf(contact.person, since);
    const pauses = signals.map((time, n) => time - (signals[n - 1] ?? time));
    const lasted = (signals.at(-1) ?? 0) - (signals[0] ?? 0);
    const passes = await passesOver(contact.contact, before);
    if (Math.max(...pauses) < LONGEST_PAUSE_MS) return { contact, lasted, passes };
  }
  throw new Error(
    `each of ${STORMS_AT_MOST} storms had a pause of ${LONGEST_PAUSE_MS} ms: the machine is too busy to make one`,
  );
}

/** Sends the webhooks, and changes the contact in the middle of them. */
async function storm(contact: number): Promise<void> {
  const numbers = Array.from({ length: 1_000 }, (_, n) => n);
  const statuses = await pLimit(50).map(numbers, async (n) => {
    if (n === numbers.length / 2) {
      await system.chatwoot.control.backdoor({ do: 'edit-contact', contact, set: { name: 'Ana Storm' } });
    }
    return send(gateway, {
      event: 'contact_updated',
      id: contact,
      changed_attributes: [{ name: { previous_value: `${n}`, current_value: `${n + 1}` } }],
    });
  });
  expect(new Set(statuses)).toEqual(new Set([202]));
}

/** @returns when Temporal took each signal of this person's pair, in milliseconds, oldest first. */
async function signalsOf(person: string, since: number): Promise<readonly number[]> {
  const { workflowId } = chatwoot.pair('Person', person);
  const times: number[] = [];
  for await (const { runId } of system.temporal.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
    const { events } = await system.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    for (const { workflowExecutionSignaledEventAttributes: signal, eventTime } of events ?? []) {
      if (signal != null) times.push(Number(eventTime?.seconds) * 1_000 + Number(eventTime?.nanos) / 1e6);
    }
  }
  return times.filter((time) => time >= since).toSorted((one, other) => one - other);
}

describe('webhooks, without any poll', () => {
  test('bring what an agent changes into EMS', async () => {
    const { person, contact } = await personInStep();
    await system.chatwoot.control.backdoor({ do: 'edit-contact', contact, set: { name: 'Ana Maria Silva' } });
    await system.eventually('the new name', async () => {
      const [row] = await rows('SELECT first_name, last_name FROM person WHERE id = $1', person);
      return row?.['first_name'] === 'Ana Maria';
    });
    await webhooksDone();
    const { typedSearchAttributes, raw } = await chatwoot.pair('Person', person).describe();
    expect(typedSearchAttributes.get(syncDirectionAttribute)).toBe('inbound');
    // Behind sweeps, which have 3.
    expect(raw.workflowExecutionInfo?.priority?.priorityKey).toBe(4);
    expect(await chatwoot.record('Person', person)).toMatchObject({ state: 'IN_SYNC' });
  });

  test('bring a new contact, and what it writes', async () => {
    const { contact } = await system.chatwoot.control.backdoor({
      do: 'create-contact',
      set: { name: 'Rui Costa', email: 'rui@clube.example' },
    });
    await system.eventually('a person', async () => {
      const found = await rows(`SELECT id FROM person WHERE email = 'rui@clube.example'`);
      return found.length > 0;
    });
    const { conversation } = await system.chatwoot.control.backdoor({
      do: 'customer-writes',
      contact,
      content: 'Where do I get my bib?',
    });
    await system.eventually('a message', async () => {
      const found = await rows(`SELECT body FROM conversation_message WHERE body = 'Where do I get my bib?'`);
      return found.length > 0;
    });
    await webhooksDone();
    expect(await rows(`SELECT id FROM person WHERE email = 'rui@clube.example'`)).toHaveLength(1);
    expect(await rows('SELECT id FROM conversation')).toHaveLength(1);
    const record = await chatwoot.recordOfRemote('Conversation', conversation);
    expect(record).toMatchObject({ state: 'IN_SYNC' });
  });

  test('of many contacts that nobody knows start one workflow, not one each', async () => {
    const started = async (type: string) =>
      (await system.temporal.workflow.count(`WorkflowType = "${type}" AND SyncProcess = "CHATWOOT"`)).count;
    const unknown = Array.from({ length: 40 }, (_, n) => 900_000 + n);
    const [one, each] = [await started('resolveHinted'), await started('syncRemote')];
    const before = (await system.chatwoot.control.journal()).length;
    // The first one takes long enough for the others to come meanwhile.
    await system.chatwoot.control.setFaults({
      latency: {
        ms: 3_000,
        times: 1,
        match: { method: 'GET', prefix: `/api/v1/accounts/${system.chatwoot.account}/contacts/` },
      },
    });
    const statuses = await Promise.all(unknown.map((id) => send(gateway, { event: 'contact_created', id })));
    expect(new Set(statuses)).toEqual(new Set([202]));
    await webhooksDone();
    await system.chatwoot.control.clearFaults();
    expect(await started('syncRemote')).toBe(each);
    // A second one if the first had already ended when a late webhook came.
    expect((await started('resolveHinted')) - one).toBeLessThanOrEqual(3);
    for (const id of unknown) expect(await passesOver(id, before)).toBe(1);
  });

  test('of what EMS has just sent make nothing, and change nothing', async () => {
    const { person } = await personInStep();
    const [before] = await rows('SELECT modified_on FROM person WHERE id = $1', person);
    const journal = (await system.chatwoot.control.journal()).length;
    await system.ems.update('person', person, { last_name: 'Sousa' });
    const modifiedOn = await system.modifiedOn('person', person);
    await chatwoot.syncNow('Person', person);
    await webhooksDone();
    expect(await system.modifiedOn('person', person)).toBe(modifiedOn);
    expect(before).not.toEqual({ modified_on: modifiedOn });
    const writes = (await system.chatwoot.control.journal())
      .slice(journal)
      .filter(({ method }) => method === 'PUT' || method === 'PATCH');
    expect(writes).toHaveLength(1);
    expect(await rows(`SELECT FROM sync_person WHERE entity_key IS NULL`)).toHaveLength(0);
  });

  test('in a storm of 1,000 for one contact run its pair at most twice, and nothing is missed', async () => {
    const { contact, lasted, passes } = await stormWithoutPause();
    expect(await rows('SELECT last_name FROM person WHERE id = $1', contact.person)).toEqual([{ last_name: 'Storm' }]);
    expect(passes).toBeGreaterThanOrEqual(1);
    // Two, unless the machine was so busy that the storm lasted longer than a pass may wait.
    expect(passes).toBeLessThanOrEqual(2 + Math.floor(lasted / LONGEST_WAIT_MS));
  });

  test('that are lost, doubled and overtake one another end as if none had been, once a poll has looked (39)', async () => {
    const pairs = [];
    for (let i = 0; i < 6; i += 1) pairs.push(await personInStep());
    const chance = { chance: 0.3 };
    await system.chatwoot.control.setFaults({
      webhookDrop: chance,
      webhookDuplicate: chance,
      webhookReorder: chance,
      seed: 5,
    });
    for (const round of ['One', 'Two', 'Three']) {
      for (const { contact } of pairs) {
        await system.chatwoot.control.backdoor({ do: 'edit-contact', contact, set: { name: `Ana ${round}` } });
      }
    }
    const { contact } = pairs[0] ?? { contact: 0 };
    for (const content of ['First', 'Second', 'Third']) {
      await system.chatwoot.control.backdoor({ do: 'customer-writes', contact, content });
    }
    await webhooksDone();
    await system.chatwoot.control.clearFaults();
    await chatwoot.settle();
    for (const { person } of pairs) {
      expect(await rows('SELECT last_name FROM person WHERE id = $1', person)).toEqual([{ last_name: 'Three' }]);
    }
    const bodies = await rows(
      `SELECT body FROM conversation_message m JOIN conversation c ON c.id = m.conversation_id WHERE c.person_id = $1`,
      pairs[0]?.person,
    );
    expect(bodies.map(({ body }) => String(body)).toSorted((one, other) => one.localeCompare(other))).toEqual([
      'First',
      'Second',
      'Third',
    ]);
  });

  test('that nobody has signed change nothing', async () => {
    const { contact } = await personInStep();
    const before = (await system.chatwoot.control.journal()).length;
    const response = await fetch(`${gateway.url}/hooks/chatwoot`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ event: 'contact_created', id: contact }),
    });
    expect(response.status).toBe(401);
    await webhooksDone();
    expect(await passesOver(contact, before)).toBe(0);
  });
});

describe('a paused process', () => {
  test('makes no call and says so, also after a restart; nothing is lost once it is resumed', async () => {
    const { person, contact } = await personInStep();
    const other = await personInStep();
    const cli = (...args: string[]) => runCli(args, system.environment);
    expect(await cli('pause', 'chatwoot')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^CHATWOOT is paused since \S+Z: npx ems-sync resume CHATWOOT\n$/),
    });
    await system.chatwoot.control.backdoor({ do: 'edit-contact', contact, set: { name: 'Ana Parada' } });
    await webhooksDone();
    await system.ems.update('person', other.person, { last_name: 'Pausa' });
    const before = (await system.chatwoot.control.journal()).length;

    const reason = expect.stringMatching(/^CHATWOOT is paused/);
    expect(await chatwoot.sweep()).toMatchObject({ ended: 'paused', reason });
    expect(await chatwoot.poll()).toMatchObject({ ended: 'paused', reason });
    // Plain work is left to the sweep afterwards; what a poll has handed over waits in its workflow.
    expect(await chatwoot.syncNow('Person', other.person)).toMatchObject({ outcome: 'PAUSED', reason });
    await chatwoot.quiet();
    expect(await chatwoot.syncNow('Person', person, 'inbound')).toMatchObject({ outcome: 'PAUSED', reason });
    expect((await chatwoot.pair('Person', person).describe()).status.name).toBe('RUNNING');
    expect(await cli('sync', 'CHATWOOT', 'Person', other.person)).toMatchObject({ code: 1, stderr: reason });
    await system.replaceWorkers();
    expect(await chatwoot.syncNow('Person', person, 'inbound')).toMatchObject({ outcome: 'PAUSED', reason });
    expect(JSON.parse((await cli('status', '--json')).stdout)).toMatchObject({
      inStep: false,
      paused: [{ process: 'CHATWOOT' }],
    });
    expect((await system.chatwoot.control.journal()).slice(before)).toEqual([]);

    expect(await cli('resume', 'CHATWOOT')).toMatchObject({ code: 0, stdout: expect.stringContaining('goes on') });
    await chatwoot.request('Person', person);
    await chatwoot.settle();
    expect(await rows('SELECT first_name, last_name FROM person WHERE id = $1', person)).toEqual([
      { first_name: 'Ana', last_name: 'Parada' },
    ]);
    const { contacts } = await system.chatwoot.control.state();
    expect(contacts[other.contact]).toMatchObject({ name: expect.stringContaining('Pausa') });
  });
});

describe('the gateway', () => {
  test('writes nothing of a person into its log, nor its secret', async () => {
    const { contact } = await personInStep();
    await system.chatwoot.control.backdoor({ do: 'edit-contact', contact, set: { name: 'Ana Silva Costa' } });
    await webhooksDone();
    const log = gateway.log();
    expect(log).toMatch(/"audit":true,"who":"CHATWOOT","what":"POST \/hooks\/chatwoot","outcome":202,"address"/);
    expect(log).not.toMatch(/clube\.example|Silva|Costa|Storm|bib/);
    expect(log).not.toContain(secret);
  });

  test.each([
    ['Temporal', { TEMPORAL_ADDRESS: '127.0.0.1:1' }, 'Temporal at 127.0.0.1:1 cannot be reached'],
    [
      'PostgreSQL',
      { DATABASE_URL: 'postgres://ems:top-secret@127.0.0.1:1/ems' },
      'PostgreSQL at 127.0.0.1:1 cannot be reached',
    ],
  ])('runs without %s, says 503, and is not ready', async (server, settings, reason) => {
    const { contact } = await personInStep();
    const lame = await startGateway(settings);
    expect(await send(lame, { event: 'contact_created', id: contact })).toBe(503);
    expect((await fetch(`${lame.url}/health/live`)).status).toBe(200);
    const ready = await fetch(`${lame.url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ unreachable: [server] });
    // On a busy machine the hook may time out first, without naming the server. The next hook names it.
    await system.eventually(`the reason in the log: ${reason}`, async () => {
      if (lame.log().includes(reason)) return true;
      expect(await send(lame, { event: 'contact_created', id: contact })).toBe(503);
      return false;
    });
    expect(lame.log()).not.toContain('top-secret');
  });

  test('without a secret has no such path', async () => {
    const closed = await startGateway({ CHATWOOT_WEBHOOK_SECRET: '' });
    expect(await send(closed, { event: 'contact_created', id: 1 })).toBe(404);
    expect((await fetch(`${closed.url}/health/ready`)).status).toBe(200);
  });

  test('refuses over a real connection what is too large, and goes on', async () => {
    const status = await fetch(`${gateway.url}/hooks/chatwoot`, { method: 'POST', body: 'x'.repeat(1_100_000) }).then(
      (response) => response.status,
    );
    expect(status).toBe(413);
    expect((await fetch(`${gateway.url}/health/live`)).status).toBe(200);
  });

  test('says so where its port is taken', async () => {
    const { port } = new URL(gateway.url);
    await expect(startGateway({ GATEWAY_PORT: port })).rejects.toThrow(
      new RegExp(`GATEWAY_PORT ${port} is taken by another program`),
    );
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('ends by itself when it gets %s', async (signal) => {
    const { child } = await startGateway();
    process.kill(child.pid, signal);
    expect(await child.ended).toMatchObject({ code: 0, signal: null, asked: false });
  });
});
