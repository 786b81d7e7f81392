import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { type Delivery, type StartedMautic, startMautic } from '../../simulators/mautic/start.ts';
import { mauticUnderTest } from './mautic-under-test.ts';
import { eventually } from './eventually.ts';
import { WebhookReceiver } from './webhook-receiver.ts';

const mautic = mauticUnderTest();

const NEW = 'mautic.lead_post_save_new';
const UPDATE = 'mautic.lead_post_save_update';
const DELETE = 'mautic.lead_post_delete';
const SUBSCRIPTION = 'mautic.lead_channel_subscription_changed';
const SEGMENT = 'mautic.lead_list_change';
const ALL = [NEW, UPDATE, DELETE, SUBSCRIPTION, SEGMENT];
const SECRET = 'webhook-secret';

let receiver: WebhookReceiver;
/** Another Mautic, whose one webhook is never answered: its time-out runs while the other tests run. */
let unheard: StartedMautic;
let silent: WebhookReceiver;

beforeAll(async () => {
  receiver = await WebhookReceiver.start();
  silent = await WebhookReceiver.start();
  silent.answer = null;
  unheard = await startMautic();
  await unheard.control.setSettings({ webhookMode: 'queue', cronMs: 10 });
  const hook = { name: 'ems', webhookUrl: silent.url, triggers: ALL };
  await unheard.control.backdoor({ do: 'create-hook', hook });
  await unheard.control.backdoor({ do: 'create-contact', set: { firstname: 'Unheard' } });
});

afterEach(() => {
  receiver.clear();
});

afterAll(async () => {
  await unheard?.stop();
  await receiver?.stop();
  await silent?.stop();
});

const subscribe = async (triggers: readonly string[] = ALL, webhookUrl = receiver.url): Promise<{ id: number }> =>
  (await mautic.ask('POST', '/hooks/new', { name: 'ems', webhookUrl, triggers, secret: SECRET })).body.hook;

/** Waits until no webhook is pending. */
const settled = async (): Promise<readonly Delivery[]> => {
  expect(await eventually(async () => (await mautic.control.deliveries()).underWay === 0)).toBe(true);
  return (await mautic.control.deliveries()).deliveries;
};

type Payloads = Readonly<Record<string, readonly { readonly timestamp: string; readonly [key: string]: unknown }[]>>;

const received = (): Payloads[] => receiver.received.map(({ raw }) => JSON.parse(raw));
const events = (): string[] => received().flatMap((body) => Object.keys(body));
const hookState = async (id: number) => (await mautic.control.state()).hooks[id];
const payloadsOf = (event: string) => received().flatMap((body) => body[event] ?? []);

const failing = 'http://127.0.0.1:9/hook';

const unheardDeliveries = async () => (await unheard.control.deliveries()).deliveries;

const write = async (count: number) => {
  for (let nth = 0; nth < count; nth += 1) await mautic.create({ email: `p${nth}@clube.example` });
};

describe('hooks', () => {
  test('are kept, changed and removed', async () => {
    const hook = await subscribe([NEW]);
    expect(hook).toMatchObject({ id: 1, webhookUrl: receiver.url, triggers: [NEW], secret: SECRET, isPublished: true });
    const edited = await mautic.ask('PATCH', '/hooks/1/edit', { triggers: [UPDATE] });
    expect(edited.body.hook).toEqual({ ...hook, triggers: [UPDATE] });
    expect((await mautic.ask('GET', '/hooks')).body).toEqual({ total: 1, hooks: { 1: edited.body.hook } });
    expect((await mautic.ask('GET', '/hooks/1')).body.hook).toEqual(edited.body.hook);
    expect(Object.keys((await mautic.ask('GET', '/hooks/triggers')).body.triggers)).toContain(SUBSCRIPTION);
    expect((await mautic.ask('DELETE', '/hooks/1/delete')).body.hook.id).toBeNull();
    expect((await mautic.ask('GET', '/hooks/1')).status).toBe(404);
  });

  test.each([
    { name: 'ems', webhookUrl: 'http://127.0.0.1/', triggers: ['mautic.lead_merged'] },
    { name: 'ems', webhookUrl: 'nowhere', triggers: [NEW] },
    { webhookUrl: 'http://127.0.0.1/', triggers: [NEW] },
  ])('%j is refused', async (hook) => {
    expect((await mautic.ask('POST', '/hooks/new', hook)).status).toBe(400);
  });
});

describe('at once', () => {
  test('a write of the API comes back: signed, with the sender, as PHP writes JSON', async () => {
    await subscribe();
    const { id } = await mautic.create({ firstname: 'Zoë/Ana', email: 'zoe@clube.example' });
    await settled();
    const [first] = receiver.received;
    if (first === undefined) throw new Error('Nothing was received.');
    expect(first.headers['webhook-signature']).toBe(createHmac('sha256', SECRET).update(first.raw).digest('base64'));
    expect(first.headers['x-origin-base-url']).toBe(mautic.started.url);
    expect(first.raw).toContain(String.raw`Zo\u00eb\/Ana`);
    const contact = expect.objectContaining({ id, fields: expect.anything() });
    expect(received()).toEqual([{ [NEW]: [{ contact, timestamp: expect.stringMatching(/\+00:00$/) }] }]);
  });

  test('tells what changed, and nothing where nothing did', async () => {
    await subscribe();
    const { id } = await mautic.create({ email: 'ana@clube.example' });
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { email: 'ana@clube.example' });
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { city: 'Porto' });
    await mautic.ask('POST', `/contacts/${id}/dnc/email/add`, { reason: 3 });
    await mautic.ask('POST', `/contacts/${id}/dnc/email/remove`);
    const { segment } = await mautic.control.backdoor({ do: 'create-segment', name: 'ems-news' });
    await mautic.ask('POST', `/segments/${segment}/contact/${id}/add`);
    await mautic.ask('DELETE', `/contacts/${id}/delete`);
    await settled();
    expect(events().toSorted()).toEqual(
      [NEW, UPDATE, UPDATE, UPDATE, SUBSCRIPTION, SUBSCRIPTION, SEGMENT, DELETE].toSorted(),
    );
    expect(payloadsOf(SUBSCRIPTION)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ channel: 'email', old_status: 'contactable', new_status: 'manual' }),
        expect.objectContaining({ channel: 'email', old_status: 'manual', new_status: 'contactable' }),
      ]),
    );
    expect(payloadsOf(SEGMENT)).toEqual([expect.objectContaining({ action: 'added' })]);
    expect(payloadsOf(DELETE)).toEqual([
      expect.objectContaining({ id, contact: expect.objectContaining({ id: null }) }),
    ]);
  });

  test('a person and a marketer are told, too', async () => {
    const { id } = await mautic.create({ email: 'ana@clube.example' });
    await subscribe();
    await mautic.control.backdoor({ do: 'unsubscribe', contact: id });
    await mautic.control.backdoor({ do: 'edit-contact', contact: id, set: { firstname: 'Ana' } });
    await settled();
    expect(events().toSorted()).toEqual([SUBSCRIPTION, UPDATE, UPDATE].toSorted());
  });

  test('of two that are merged, the one that goes is told as deleted', async () => {
    const winner = await mautic.create({ email: 'ana@clube.example' });
    const loser = await mautic.create({ email: 'bea@clube.example', city: 'Porto' });
    await subscribe();
    await mautic.control.backdoor({ do: 'merge-contacts', winner: winner.id, loser: loser.id });
    await settled();
    expect(events().toSorted()).toEqual([DELETE, UPDATE].toSorted());
    expect((await mautic.read(loser.id)).id).toBe(winner.id);
    expect((await mautic.valuesOf(winner.id))['city']).toBe('Porto');
  });

  test('who is anonymous is not told; who becomes known is new', async () => {
    await subscribe();
    const { id } = await mautic.create({ city: 'Porto' });
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { city: 'Braga' });
    await mautic.ask('PATCH', `/contacts/${id}/edit`, { firstname: 'Ana' });
    await settled();
    expect(events()).toEqual([NEW]);
  });

  test('a failure loses it; a hundred in a row switch the hook off; a person switches it on again', async () => {
    const { id } = await subscribe([NEW, UPDATE], failing);
    const contact = await mautic.create({ email: 'ana@clube.example' });
    for (let nth = 1; nth < 100; nth += 1) {
      await mautic.ask('PATCH', `/contacts/${contact.id}/edit`, { city: `City ${nth}` });
    }
    const deliveries = await settled();
    expect(deliveries).toHaveLength(100);
    expect(new Set(deliveries.map(({ fate }) => fate))).toEqual(new Set(['unanswered']));
    expect(await hookState(id)).toMatchObject({ isPublished: false, failures: 100 });
    await mautic.ask('PATCH', `/contacts/${contact.id}/edit`, { city: 'Porto' });
    expect(await settled()).toHaveLength(100);
    await mautic.control.backdoor({ do: 'publish-hook', hook: id });
    expect(await hookState(id)).toMatchObject({ isPublished: true, failures: 0 });
  });

  test('410 switches it off at once, another refusal does not', async () => {
    const { id } = await subscribe([NEW]);
    receiver.answer = 500;
    await mautic.create({ email: 'ana@clube.example' });
    expect((await settled()).map(({ fate, status }) => [fate, status])).toEqual([['refused', 500]]);
    expect(await hookState(id)).toMatchObject({ isPublished: true, failures: 1 });
    receiver.answer = 410;
    await mautic.create({ email: 'bea@clube.example' });
    await settled();
    expect(await hookState(id)).toMatchObject({ isPublished: false });
  });

  test('knobs lose it, double it, delay it, and let its successor overtake it', async () => {
    await subscribe([NEW]);
    await mautic.control.setFaults({
      webhookDrop: { times: 1 },
      webhookDelay: { ms: 30, match: { prefix: 'mautic.lead_post' } },
    });
    await mautic.create({ firstname: 'Lost' });
    await settled();
    await mautic.control.setFaults({ webhookDuplicate: { times: 1 } });
    await mautic.create({ firstname: 'Double' });
    await settled();
    // Inside its call, a webhook would not wait for its successor.
    await mautic.control.setSettings({ webhooksInsideCalls: false });
    await mautic.control.setFaults({ webhookReorder: { times: 1 } });
    await mautic.create({ firstname: 'Late' });
    await mautic.create({ firstname: 'Early' });
    const deliveries = await settled();
    const names = received().map((body) => {
      const contact = body[NEW]?.[0]?.['contact'] as { fields: { all: { firstname: string } } };
      return contact.fields.all.firstname;
    });
    expect(names).toEqual(['Double', 'Double', 'Early', 'Late']);
    expect(deliveries.map(({ fate, double }) => [fate, double]).slice(0, 3)).toEqual([
      ['lost', false],
      ['delivered', expect.any(Boolean)],
      ['delivered', expect.any(Boolean)],
    ]);
  });

  test('an API call has its effect, and is answered when its webhooks are', async () => {
    const slow = await WebhookReceiver.start();
    slow.answer = null;
    await subscribe(ALL, slow.url);
    let answered = false;
    const creating = mautic.create({ email: 'ana@clube.example' }).then(() => (answered = true));
    expect(await eventually(async () => slow.received.length === 1)).toBe(true);
    expect(Object.values((await mautic.control.state()).contacts)).toHaveLength(1);
    // Only the staff's own form waits; the API answers others meanwhile.
    expect((await mautic.ask('GET', '/contacts')).status).toBe(200);
    expect(answered).toBe(false);
    await slow.stop();
    await creating;
    expect(answered).toBe(true);
  });

  test('or at once, where webhooks are sent beside the calls', async () => {
    const slow = await WebhookReceiver.start();
    slow.answer = null;
    await mautic.control.setSettings({ webhooksInsideCalls: false });
    await subscribe(ALL, slow.url);
    await mautic.create({ email: 'ana@clube.example' });
    await slow.stop();
  });
});

describe('by the cron', () => {
  test('one that nobody answers is given up after 15 seconds, and sent again', async () => {
    await eventually(async () => (await unheardDeliveries()).length > 0);
    const [first] = await unheardDeliveries();
    expect(first).toMatchObject({ fate: 'unanswered', status: null });
    expect(first?.tookMs).toBeGreaterThanOrEqual(14_900);
  });

  test('ten events come in one POST, in lists by event', async () => {
    await mautic.control.setSettings({ webhookMode: 'queue', cronMs: null });
    await subscribe();
    await write(11);
    await mautic.ask('PATCH', '/contacts/1/edit', { city: 'Porto' });
    expect(await mautic.control.deliveries()).toMatchObject({ queued: 12, deliveries: [] });
    expect(await mautic.control.processWebhooks()).toMatchObject({ queued: 0 });
    const sizes = received().map((body) => Object.entries(body).map(([event, list]) => [event, list.length]));
    expect(sizes).toEqual([
      [[NEW, 10]],
      [
        [NEW, 1],
        [UPDATE, 1],
      ],
    ]);
  });

  test('what fails is sent again, in order', async () => {
    await mautic.control.setSettings({ webhookMode: 'queue', cronMs: null });
    await subscribe();
    receiver.answer = 503;
    await write(2);
    expect(await mautic.control.processWebhooks()).toMatchObject({ queued: 2 });
    receiver.answer = 200;
    expect(await mautic.control.processWebhooks()).toMatchObject({ queued: 0 });
    expect(received()[1]?.[NEW]).toHaveLength(2);
  });

  test('runs by itself', async () => {
    await mautic.control.setSettings({ webhookMode: 'queue', cronMs: 20 });
    await subscribe();
    await write(1);
    expect(await eventually(async () => events().length === 1)).toBe(true);
  });
});
