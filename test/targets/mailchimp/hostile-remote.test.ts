import { describe, expect, test } from '@jest/globals';
import { MailchimpApi } from '../../../targets/mailchimp/api.ts';
import { readRefusal } from '../../../targets/mailchimp/answers.ts';
import { changedMeanwhile, refused } from '../../../targets/mailchimp/http.ts';
import { mailchimp } from '../../../targets/mailchimp/process.ts';
import { unlimitedConnections } from '../../../targets/unlimited-connections.ts';
import { describeHostileRemote } from '../hostile-remote.ts';
import { failureOf } from '../results.ts';
import { ANA, hashOf } from './mailchimp-under-test.ts';

const services = unlimitedConnections('ratchet');
const settings = (url: string) => ({ MAILCHIMP_URL: url, MAILCHIMP_API_KEY: 'key-us1', MAILCHIMP_LIST_ID: 'abc123' });
const ID = hashOf('ana@clube.example');

const hostile = describeHostileRemote((url) => {
  const remote = mailchimp.connect(settings(url), services);
  const api = new MailchimpApi(settings(url), services);
  return [
    () => remote.probe(),
    () => remote.shape?.missing() ?? Promise.resolve(),
    () => remote.consent?.list({ scope: 'archived', since: null, page: null }) ?? Promise.resolve(),
    () => api.member(ID),
    () => api.putMember(ID, { email_address: ANA['email'] }).then(refusalThrown),
    () => api.putMembers([{ email_address: ANA['email'] }]),
  ];
});

/** Throws like the senders do for a refusal that concerns content. */
function refusalThrown(answer: Awaited<ReturnType<MailchimpApi['putMember']>>): void {
  if (answer.kind === 'refused') throw refused(answer.refusal, 'PUT members');
  if (answer.kind === 'missing') throw changedMeanwhile();
}

test('tags of a member that never end are against the contract', async () => {
  await hostile.start();
  try {
    let pages = 0;
    hostile.respond = (_, response) => {
      pages += 1;
      const tags = Array.from({ length: 1_000 }, (_one, at) => ({ name: `tag ${pages}.${at}` }));
      response.end(JSON.stringify({ tags, total_items: 1_000 }));
    };
    const member = { id: ID, email_address: '', status: 'subscribed', tags: [], tags_count: 1_000 };
    const failure = await failureOf(new MailchimpApi(settings(hostile.url), services).tagsOf(member));
    expect(failure).toMatchObject({ errorClass: 'contract', code: 'paging' });
    expect(pages).toBeLessThan(50);
  } finally {
    await hostile.stop();
  }
});

const problem = (detail: string) => JSON.stringify({ title: 'Invalid Resource', detail });

test('a list of changes that goes on at one time without an end is against the contract', async () => {
  const { consent } = mailchimp.connect(settings('http://127.0.0.1:1'), services);
  const page = '1:1000001@2027-05-01T09:00:00+00:00';
  const failure = await failureOf(consent?.list({ scope: 'members', since: null, page }) ?? Promise.resolve());
  expect(failure).toMatchObject({ errorClass: 'contract', code: 'paging' });
});

describe('a refusal', () => {
  test.each([
    ['ana@clube.example looks fake or invalid, please enter a real email address.', true],
    [`${'a'.repeat(250)}@clube.example looks fake or invalid`, true],
    ['Please provide a valid email address.', true],
    ['Your merge fields were invalid.', false],
    ['fake@clube.example is already a list member.', false],
  ])('%j: the address looks fake: %s', (detail, looksFake) => {
    expect(readRefusal(problem(detail))).toMatchObject({ looksFake });
  });

  test('with words of megabytes is read at once', () => {
    const before = performance.now();
    readRefusal(problem('a'.repeat(5_000_000)));
    // A pattern that goes back for each letter would take hours.
    expect(performance.now() - before).toBeLessThan(20_000);
  });
});
