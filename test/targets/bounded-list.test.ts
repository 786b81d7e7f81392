import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { isEnough, PAGES_PER_POLL } from '../../targets/bounded-list.ts';
import type { ConsentPage, ConsentSource } from '../../targets/consent-source.ts';
import { mailchimp } from '../../targets/mailchimp/process.ts';
import { mautic } from '../../targets/mautic/process.ts';
import { mauticSettings } from '../../targets/mautic/settings.ts';
import { mailchimpSettings } from '../../targets/mailchimp/settings.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { HostileRemote } from './hostile-remote.ts';
import { failureOf } from './results.ts';

const remote = new HostileRemote();

beforeAll(() => remote.start());
afterAll(() => remote.stop());

const BEGIN = Date.parse('2027-01-01T00:00:00Z');
const MINUTE_MS = 60_000;

/** The time of the n-th contact's change; there is one contact per minute, without end. */
const timeOf = (minute: number) => new Date(BEGIN + minute * MINUTE_MS).toISOString().replace('.000Z', '+00:00');

/** The first minute at or after a time. */
const minuteFrom = (time: string | null) =>
  time === null ? 0 : Math.max(0, Math.ceil((Date.parse(time) - BEGIN) / MINUTE_MS));

const hash = (minute: number) => minute.toString(16).padStart(32, '0');

/** Each returns a full page of contacts changed since, oldest first. */
const ENDLESS: readonly (readonly [name: string, scope: string, pageSize: number, source: () => ConsentSource])[] = [
  [
    'MailChimp',
    'members',
    1_000,
    () => {
      remote.respond = (request, response) => {
        const query = new URL(request.url ?? '', 'http://localhost').searchParams;
        const first = minuteFrom(query.get('since_last_changed')) + Number(query.get('offset'));
        const members = Array.from({ length: 1_000 }, (_, n) => ({
          id: hash(first + n),
          email_address: `ana${first + n}@clube.example`,
          status: 'subscribed',
          last_changed: timeOf(first + n),
        }));
        response.end(JSON.stringify({ members, total_items: 1_000 }));
      };
      const settings = { MAILCHIMP_URL: remote.url, MAILCHIMP_API_KEY: 'key-us1', MAILCHIMP_LIST_ID: 'abc123' };
      return sourceOf(mailchimp.connect(mailchimpSettings.parse(settings), unlimitedConnections('ratchet')));
    },
  ],
  [
    'Mautic',
    'changed',
    200,
    () => {
      remote.respond = (request, response) => {
        const query = new URL(request.url ?? '', 'http://localhost').searchParams;
        const from = `${query.get('where[0][val]')?.replace(' ', 'T')}Z`;
        const first = minuteFrom(from) + Number(query.get('start'));
        const contacts = Array.from({ length: 200 }, (_, n) => ({
          id: first + n + 1,
          dateAdded: timeOf(0),
          dateModified: timeOf(first + n),
          doNotContact: [],
          fields: { all: { email: `ana${first + n}@clube.example` } },
        }));
        response.end(JSON.stringify({ total: '200', contacts }));
      };
      const settings = { MAUTIC_URL: remote.url, MAUTIC_USERNAME: 'ems', MAUTIC_PASSWORD: 'p' };
      return sourceOf(mautic.connect(mauticSettings.parse(settings), unlimitedConnections('ratchet')));
    },
  ],
];

function sourceOf({ consent }: { readonly consent?: ConsentSource }): ConsentSource {
  if (consent === undefined) throw new Error('consent is read back');
  return consent;
}

/** One poll, reading as the workflow does. */
async function poll(source: ConsentSource, scope: string, since: string | null): Promise<readonly ConsentPage[]> {
  const pages: ConsentPage[] = [];
  let page: string | null = null;
  do {
    const read: ConsentPage = await source.list({ scope, since, page });
    pages.push(read);
    page = read.next;
  } while (page !== null && pages.length < 3 * PAGES_PER_POLL);
  return pages;
}

const minutesIn = (pages: readonly ConsentPage[]) =>
  pages.flatMap(({ contacts }) => contacts.map(({ modifiedOn }) => minuteFrom(modifiedOn)));

test.each(ENDLESS)(
  'a list of %s whose times rise for ever ends each poll, and the next goes on there: nobody is skipped',
  async (_, scope, pageSize, start) => {
    const source = start();
    const first = await poll(source, scope, null);
    expect(first).toHaveLength(PAGES_PER_POLL);
    expect(first.at(-1)?.isCut).toBe(true);
    const cursor =
      first
        .flatMap(({ seenUpTo }) => seenUpTo ?? [])
        .toSorted()
        .at(-1) ?? '';
    const since = new Date(Date.parse(cursor) - source.overlapMs).toISOString();
    const second = await poll(source, scope, since);
    expect(second).toHaveLength(PAGES_PER_POLL);
    const seen = new Set([...minutesIn(first), ...minutesIn(second)]);
    const latest = [...seen].reduce((most, minute) => Math.max(most, minute), 0);
    expect(seen.size).toBe(latest + 1);
    expect(seen.size).toBeGreaterThan(1.9 * PAGES_PER_POLL * (pageSize - 10));
  },
);

test.each(ENDLESS)(
  'a poll of %s reads what a clock that was four minutes ahead has dated since it is four minutes behind',
  async (_, scope, __, start) => {
    const source = start();
    const cursor = Date.parse(timeOf(100));
    const since = new Date(cursor - source.overlapMs).toISOString();
    const { contacts } = await source.list({ scope, since, page: null });
    expect(minutesIn([{ contacts, malformed: 0, next: null, seenUpTo: null }])).toContain(92);
  },
);

describe('a poll has read enough', () => {
  const progress = { pages: PAGES_PER_POLL, since: '2027-01-01T10:00:00Z', overlapMs: 300_000 };

  test.each([
    ['of few pages', { pages: PAGES_PER_POLL - 1, seenUpTo: '2027-01-02T00:00:00Z' }, false],
    ['where the next one would begin later', { seenUpTo: '2027-01-01T10:05:01Z' }, true],
    ['where the next one would begin at the same time', { seenUpTo: '2027-01-01T10:05:00Z' }, false],
    ['where nothing has a time', { seenUpTo: null }, false],
    ['of a list from the beginning', { since: null, seenUpTo: '2027-01-01T00:00:00Z' }, true],
  ])('%s: %j: %s', (_, more, enough) => {
    expect(isEnough({ ...progress, ...more }, 'MailChimp')).toBe(enough);
  });

  test('never of a list that does not get on: that is against the contract', async () => {
    const stuck = { ...progress, pages: 5_000, seenUpTo: progress.since };
    const failure = await failureOf(Promise.resolve().then(() => isEnough(stuck, 'MailChimp')));
    expect(failure).toMatchObject({ errorClass: 'contract', code: 'paging' });
  });
});
