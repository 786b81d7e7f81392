import { describe, expect, test } from '@jest/globals';
import type { ListedPage, RemoteRecord } from '../../../targets/inbound-source.ts';
import { asSent } from '../results.ts';
import { ANA, chatwootUnderTest } from './chatwoot-under-test.ts';

const chatwoot = chatwootUnderTest();

async function all(type: 'Person' | 'Conversation', since: string | null = null): Promise<ListedPage[]> {
  const scope = type === 'Person' ? 'contacts' : 'conversations';
  const pages: ListedPage[] = [];
  let page: string | null = null;
  do {
    const listed: ListedPage = await chatwoot.inbound().list({ type, scope, since, page });
    pages.push(listed);
    page = listed.next;
  } while (page !== null);
  return pages;
}

const idsOf = (pages: readonly ListedPage[]) => pages.flatMap(({ records }) => records.map(({ remoteId }) => remoteId));

const createContacts = async (from: number, to: number) => {
  for (let index = from; index <= to; index += 1) {
    await chatwoot.control.backdoor({ do: 'create-contact', set: { email: `person${index}@x.example` } });
  }
};

const open = async (content: string, email: string) => {
  const { contact } = await chatwoot.control.backdoor({ do: 'create-contact', set: { email } });
  return chatwoot.control.backdoor({ do: 'customer-writes', contact, content });
};

const none = async () => [];

test('one list for each type that is read', async () => {
  expect(await chatwoot.inbound().scopes('Person', none)).toEqual(['contacts']);
  expect(await chatwoot.inbound().scopes('Conversation', none)).toEqual(['conversations']);
  expect(await chatwoot.inbound().scopes('Event', none)).toEqual([]);
});

describe('the list of contacts', () => {
  test('has every contact once, although ChatWoot gives 15 at a time and no order by itself', async () => {
    await createContacts(1, 40);
    const pages = await all('Person');
    expect(idsOf(pages)).toEqual(Array.from({ length: 40 }, (_, index) => String(index + 1)));
    expect(pages).toHaveLength(1);
    expect(pages[0]).toMatchObject({ next: null, seenUpTo: null, covers: { after: null, upTo: null } });
    const journal = await chatwoot.control.journal();
    expect(journal.filter(({ path }) => !path.includes('sort=created_at'))).toEqual([]);
  });

  test('is told in parts, each of which says which numbers it covers', async () => {
    await createContacts(1, 301);
    const [first, second, ...rest] = await all('Person');
    expect(rest).toEqual([]);
    expect(first?.covers).toEqual({ after: null, upTo: '300' });
    expect(second?.covers).toEqual({ after: '300', upTo: null });
    expect([first?.records.length, idsOf(second === undefined ? [] : [second])]).toEqual([300, ['301']]);
  });

  test('reads a contact in the mapping’s fields', async () => {
    const { remoteId } = asSent(await chatwoot.sendPerson('4711', ANA));
    const [page] = await all('Person');
    expect(page?.records).toEqual([
      {
        type: 'Person',
        remoteId,
        emsKey: '4711',
        modifiedOn: null,
        content: ANA,
        complete: true,
        references: {},
        related: [],
        messages: null,
        removed: false,
        successor: null,
      },
    ]);
  });

  test.each(['0', '-1', '01', 'shop-77', '4711 ', '12345678901234567890', ''])(
    'takes %j for no id of EMS',
    async (identifier) => {
      await chatwoot.control.backdoor({ do: 'create-contact', set: { email: 'a@x.example', identifier } });
      const [page] = await all('Person');
      expect(page?.records).toMatchObject([{ emsKey: null }]);
    },
  );

  test('reads phone numbers as EMS writes them, and leaves what is none as it is', async () => {
    // ChatWoot accepted this before August 2026.
    await chatwoot.control.setSettings({ phoneFormat: 'ending' });
    const { contact } = await chatwoot.control.backdoor({
      do: 'create-contact',
      set: { phone_number: 'call +351912345678' },
    });
    const phoneOf = async () =>
      (await chatwoot.inbound().fetch({ type: 'Person', remoteId: String(contact) }, null))?.content['phone_number'];
    expect(await phoneOf()).toBe('+351912345678');
    const set = { phone_number: ' ask ' };
    await chatwoot.control.backdoor({ do: 'edit-contact', contact, set, unvalidated: true });
    expect(await phoneOf()).toBe('ask');
  });

  test('goes on past a contact that fits no contract, and quotes nothing of it', async () => {
    const good = { id: 1, name: 'Ana', email: 'a@x.example', identifier: null, custom_attributes: {} };
    const payload = [good, { ...good, id: 2, email: { secret: 'value' } }, 'secret', { ...good, id: 4 }];
    const respond = { status: 200, times: 1, body: { meta: {}, payload } };
    await chatwoot.control.setFaults({ respond });
    const [page] = await all('Person');
    expect(page?.records).toMatchObject([
      { remoteId: '1' },
      { remoteId: '2', malformed: "does not fit ChatWoot's contract at email" },
      { remoteId: null, malformed: "does not fit ChatWoot's contract at body" },
      { remoteId: '4' },
    ]);
    expect(JSON.stringify(page?.records)).not.toContain('secret');
  });

  test('that cannot be read to its end is no list', async () => {
    await createContacts(1, 20);
    await chatwoot.control.setFaults({
      garble: { match: { prefix: '/api/v1/accounts/1/contacts?sort=created_at&page=2' } },
    });
    await expect(all('Person')).rejects.toMatchObject({ errorClass: 'contract' });
  });
});

describe('the list of conversations', () => {
  test('has all of them in the beginning, whatever their status', async () => {
    for (let index = 1; index <= 30; index += 1) {
      const { conversation } = await open('Olá', `p${index}@x.example`);
      if (index % 2 === 0) {
        await chatwoot.control.backdoor({ do: 'edit-conversation', conversation, status: 'resolved' });
      }
    }
    expect(idsOf(await all('Conversation'))).toHaveLength(30);
    expect(new Set(idsOf(await all('Conversation'))).size).toBe(30);
  });

  test('has those that have changed since, and says up to when', async () => {
    const past = await open('Olá', 'a@x.example');
    await chatwoot.control.setClock(3_600_000);
    const later = await open('Olá', 'b@x.example');
    await chatwoot.control.setClock(3_600_000);
    const [page] = await all('Conversation', Temporal.Now.instant().toString());
    // ChatWoot's clock is an hour ahead of ours, so the other one is outside the window.
    expect(idsOf(page === undefined ? [] : [page])).toEqual([String(later.conversation)]);
    const whole = (await all('Conversation', '2020-01-01T00:00:00Z')).flatMap(
      ({ records }) => records,
    ) as RemoteRecord[];
    expect(whole.map(({ remoteId }) => remoteId).toSorted()).toEqual(
      [past.conversation, later.conversation].map(String).toSorted(),
    );
    expect(page?.records).toMatchObject([{ modifiedOn: page?.seenUpTo }]);
    expect(page?.covers).toBeUndefined();
  });

  test('shows neither messages nor subject, so it is incomplete; and whose it is', async () => {
    const { conversation, contact } = await open('Olá', 'a@x.example');
    const [page] = await all('Conversation');
    const [record] = page?.records ?? [];
    expect(record).toMatchObject({
      remoteId: String(conversation),
      emsKey: null,
      complete: false,
      messages: null,
      removed: false,
      references: { personId: { type: 'Person', remoteId: String(contact) } },
      content: { status: 'open', channel: 'CHAT', ems_conversation_id: null },
    });
    const { content, modifiedOn } = record as RemoteRecord;
    expect(Object.keys(content)).not.toContain('subject');
    expect(content['openedOn']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const stored = (await chatwoot.control.state()).conversations[String(conversation)];
    expect(Temporal.Instant.from(modifiedOn ?? '').epochMilliseconds).toBe(stored?.updated_at);
  });

  test('takes a conversation whose contact is being deleted for one that is over', async () => {
    const { contact } = await open('Olá', 'a@x.example');
    await chatwoot.control.backdoor({ do: 'delete-contact', contact });
    const [page] = await all('Conversation');
    for (const record of page?.records ?? []) expect(record).toMatchObject({ removed: true, references: {} });
  });
});
