import { expect, test } from '@jest/globals';
import { MauticApi } from '../../../targets/mautic/api.ts';
import { mautic } from '../../../targets/mautic/process.ts';
import { invalid } from '../../../targets/mautic/refusal.ts';
import { mauticSettings } from '../../../targets/mautic/settings.ts';
import { unlimitedConnections } from '../../../targets/unlimited-connections.ts';
import { describeHostileRemote, SECRET } from '../hostile-remote.ts';
import { failureOf } from '../results.ts';

const parsed = (
  url: string,
  settings: Readonly<Record<string, string>> = { MAUTIC_USERNAME: 'ems', MAUTIC_PASSWORD: 'p' },
) => mauticSettings.parse({ MAUTIC_URL: url, ...settings });

const hostile = describeHostileRemote((url) => {
  const remote = mautic.connect(parsed(url), unlimitedConnections('ratchet'));
  const client = parsed(url, { MAUTIC_CLIENT_ID: 'client', MAUTIC_CLIENT_SECRET: 'secret' });
  const api = new MauticApi(parsed(url));
  return [
    () => remote.probe(),
    () => mautic.connect(client, unlimitedConnections('ratchet')).probe(),
    () => remote.consent?.list({ scope: 'changed', since: null, page: null }) ?? Promise.resolve(),
    () => remote.consent?.list({ scope: 'all', since: null, page: null }) ?? Promise.resolve(),
    () => remote.shape?.missing() ?? Promise.resolve(),
    () => api.createContact({ firstname: 'Ana' }).then(outcomeThrown),
    () => api.createContacts([{ firstname: 'Ana' }]),
  ];
});

/** Throws like the senders do for a refusal or a missing contact. */
function outcomeThrown(answer: Awaited<ReturnType<MauticApi['createContact']>>): void {
  if (answer.kind === 'refused') throw invalid(answer.failures, 'POST contacts/new', answer.status);
  if (answer.kind === 'missing') throw invalid([], 'POST contacts/new', 404);
}

test('one contact may not be as long as a page of them', async () => {
  await hostile.start();
  try {
    hostile.respond = hostile.json({ contact: { id: 1, text: 'x'.repeat(5 * 2 ** 20) } });
    const failure = await failureOf(new MauticApi(parsed(hostile.url)).createContact({ firstname: 'Ana' }));
    expect(failure).toMatchObject({ errorClass: 'contract', code: 'too-long' });
  } finally {
    await hostile.stop();
  }
});

test('of a refusal only our fields are told, once each, and only words that hold no value', () => {
  const failures = Array.from({ length: 50_000 }, () => ({
    message: `${SECRET}: email must be unique`,
    details: { email: [SECRET], firstname: [SECRET], [SECRET]: [SECRET] },
  }));
  expect(invalid(failures, 'POST contacts/new', 422)).toMatchObject({
    errorClass: 'rejected',
    field: 'first_name',
    message: 'Mautic answered POST contacts/new with 422 at first_name, email (must be unique)',
  });
});

test('a list of changes that goes on at one time without an end is against the contract', async () => {
  const { consent } = mautic.connect(parsed('http://127.0.0.1:1'), unlimitedConnections('ratchet'));
  const page = '1:1000001:2027-05-01 09:00:00';
  const failure = await failureOf(consent?.list({ scope: 'changed', since: null, page }) ?? Promise.resolve());
  expect(failure).toMatchObject({ errorClass: 'contract', code: 'paging' });
});
