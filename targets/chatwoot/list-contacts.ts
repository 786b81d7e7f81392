import { placeOf } from '../answer.ts';
import type { ListedPage, MalformedRecord, RemoteRecord } from '../inbound-source.ts';
import { readPages } from './all-pages.ts';
import { contact, withId } from './answers.ts';
import type { ChatwootApi } from './api.ts';
import type { ContactIdentity } from './contact-identity.ts';
import { contactRecord } from './read-contact.ts';

/**
 * Lists all contacts, because ChatWoot cannot list only the changed ones. Each page reports which ids it covers, so
 * that contacts missing from it can be checked.
 *
 * @param token `<ChatWoot's page>:<highest id before it>`; null: from the beginning.
 */
export async function listContacts(
  api: ChatwootApi,
  identity: ContactIdentity,
  token: string | null,
): Promise<ListedPage> {
  const [first, after] = placeIn(token);
  const { items, next } = await readPages(first, 'contacts', (page) => api.contactPage(page));
  const highest = items.reduce<number>((most, item) => Math.max(most, withId.safeParse(item).data?.id ?? 0), after);
  return {
    records: items.map((item) => recordOf(item, identity)),
    next: next === null ? null : `${next}:${highest}`,
    seenUpTo: null,
    covers: { after: after === 0 ? null : String(after), upTo: next === null ? null : String(highest) },
  };
}

function placeIn(token: string | null): readonly [page: number, after: number] {
  const [page, after] = (token ?? '1:0').split(':').map(Number);
  if (!Number.isSafeInteger(page) || !Number.isSafeInteger(after)) {
    throw new RangeError('a page of contacts is named as <page>:<highest id before it>');
  }
  return [page ?? 1, after ?? 0];
}

function recordOf(item: unknown, identity: ContactIdentity): RemoteRecord | MalformedRecord {
  const parsed = contact.safeParse(item);
  if (parsed.success) return contactRecord(parsed.data, identity.keyOf(parsed.data));
  const id = withId.safeParse(item).data?.id;
  return {
    malformed: `does not fit ChatWoot's contract at ${placeOf(contact, parsed.error)}`,
    type: 'Person',
    remoteId: id === undefined ? null : String(id),
  };
}
