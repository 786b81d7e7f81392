import { placeOf } from '../answer.ts';
import type { ListedPage, MalformedRecord, RemoteRecord } from '../inbound-source.ts';
import { readPages } from './all-pages.ts';
import { conversation, withId } from './answers.ts';
import type { ChatwootApi } from './api.ts';
import type { ContactIdentity } from './contact-identity.ts';
import { listedConversation } from './read-conversation.ts';

/** ChatWoot counts back from its own clock, which may differ from ours by minutes. */
const CLOCKS_DIFFER_SECONDS = 600;

/**
 * The conversations changed since, in one page; from the beginning, all of them, page by page (`token` is ChatWoot's
 * page).
 */
export async function listConversations(
  { api, identity }: { readonly api: ChatwootApi; readonly identity: ContactIdentity },
  since: string | null,
  token: string | null,
): Promise<ListedPage> {
  if (since !== null) {
    const ago = (Date.now() - Temporal.Instant.from(since).epochMilliseconds) / 1_000;
    const within = Math.max(1, Math.ceil(ago) + CLOCKS_DIFFER_SECONDS);
    return listed(await api.conversationsWithin(within), null, identity);
  }
  const { items, next } = await readPages(Number(token ?? '1'), 'conversations', (page) => api.conversationPage(page));
  return listed(items, next === null ? null : String(next), identity);
}

function listed(items: readonly unknown[], next: string | null, identity: ContactIdentity): ListedPage {
  const records = items.map((item) => recordOf(item, identity));
  const times = records.flatMap((record) =>
    'malformed' in record || record.modifiedOn === null ? [] : [Temporal.Instant.from(record.modifiedOn)],
  );
  const [latest] = times.toSorted((one, other) => Temporal.Instant.compare(other, one));
  return { records, next, seenUpTo: latest?.toString() ?? null };
}

function recordOf(item: unknown, identity: ContactIdentity): RemoteRecord | MalformedRecord {
  const parsed = conversation.safeParse(item);
  if (parsed.success) return listedConversation(parsed.data, identity);
  const id = withId.safeParse(item).data?.id;
  return {
    malformed: `does not fit ChatWoot's contract at ${placeOf(conversation, parsed.error)}`,
    type: 'Conversation',
    remoteId: id === undefined ? null : String(id),
  };
}
