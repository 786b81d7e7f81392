import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { isSignedByMautic, mauticHints } from '../../../targets/mautic/webhook-hints.ts';
import { asSent } from '../results.ts';
import { ANA, mauticUnderTest } from './mautic-under-test.ts';
import { eventually } from '../../simulators/eventually.ts';

const mautic = mauticUnderTest();

const TRIGGERS = [
  'mautic.lead_post_save_new',
  'mautic.lead_post_save_update',
  'mautic.lead_post_delete',
  'mautic.lead_channel_subscription_changed',
];

interface Received {
  readonly signature: string | undefined;
  readonly body: Buffer;
}

/** The webhooks that Mautic sends while `act` runs. */
async function receive(mode: 'immediate' | 'queue', act: () => Promise<void>) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const signature = request.headers['webhook-signature'];
      received.push({ signature: typeof signature === 'string' ? signature : undefined, body: Buffer.concat(chunks) });
      response.end();
    });
  }).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    await mautic.control.setSettings({ webhookMode: mode, cronMs: null });
    const webhookUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/mautic`;
    const hook = { name: 'EMS', webhookUrl, triggers: TRIGGERS, isPublished: true };
    const made = await mautic.control.backdoor({ do: 'create-hook', hook });
    await act();
    if (mode === 'queue') await mautic.control.processWebhooks();
    await eventually(async () => (await mautic.control.deliveries()).underWay === 0);
    return { received, secret: made.hook.secret };
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

const hintsOf = ({ body }: Received) => mauticHints(JSON.parse(body.toString('utf8')));

test.each(['immediate', 'queue'] as const)(
  'Mautic’s own webhooks name their contacts and are signed (%s)',
  async (mode) => {
    const ids: string[] = [];
    const { received, secret } = await receive(mode, async () => {
      const { remoteId } = asSent(await mautic.send('4711', ANA));
      const contact = Number(remoteId);
      ids.push(remoteId);
      await mautic.control.backdoor({ do: 'unsubscribe', contact });
      await mautic.control.backdoor({ do: 'edit-contact', contact, set: { city: 'Faro' } });
      const other = await mautic.control.backdoor({ do: 'create-contact', set: { email: 'rui@clube.example' } });
      ids.push(`${other.contact}`);
      await mautic.control.backdoor({ do: 'delete-contact', contact: other.contact });
    });
    expect(received.length).toBeGreaterThan(0);
    expect(new Set(received.flatMap(hintsOf))).toEqual(new Set(ids));
    for (const { signature, body } of received) {
      expect(isSignedByMautic(signature, body, ['another', secret])).toBe(true);
      expect(isSignedByMautic(signature, body, ['another'])).toBe(false);
      expect(isSignedByMautic(signature, Buffer.concat([body, Buffer.from(' ')]), [secret])).toBe(false);
    }
  },
);

test('a deletion names the contact by the id of before', () => {
  expect(mauticHints({ 'mautic.lead_post_delete': [{ id: 47, contact: { id: null } }] })).toEqual(['47']);
});

test('each contact is named once, whatever the events and their form', () => {
  expect(
    mauticHints({
      'mautic.lead_post_save_new': [{ contact: { id: 1 } }, { contact: { id: '2', fields: { core: {} } } }],
      'mautic.lead_post_save_update': { contact: { id: 1 } },
      'mautic.lead_channel_subscription_changed': [{ lead: { id: 3 }, channel: 'email' }],
      'mautic.form_on_submit': [{ contact: { id: 9 } }],
    }),
  ).toEqual(['1', '2', '3']);
});

test.each([
  {},
  { 'mautic.lead_post_save_new': 'x' },
  {
    'mautic.lead_post_save_new': [null, 7, { contact: { id: -1 } }, { contact: { id: '1e9' } }, { contact: { id: 0 } }],
  },
])('%j names nobody', (payload) => {
  expect(mauticHints(payload)).toEqual([]);
});

test('a signature that is missing, cut or of another form is none', () => {
  const body = Buffer.from('{"mautic.lead_post_delete":[]}');
  const whole = createHmac('sha256', 'secret').update(body).digest();
  expect(isSignedByMautic(whole.toString('base64'), body, ['secret'])).toBe(true);
  for (const signature of [undefined, '', 'x', whole.toString('hex'), whole.subarray(1).toString('base64')])
    expect(isSignedByMautic(signature, body, ['secret'])).toBe(false);
  expect(isSignedByMautic(whole.toString('base64'), body, [])).toBe(false);
});
