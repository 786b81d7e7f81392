import { sql } from 'kysely';
import { contentHash, hasHash } from '../../sync/content-hash.ts';
import type { SecretKey } from '../../sync/derived-keys.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import { parseInstant } from '../../sync/instant.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { EntityManager } from '../orm.ts';
import { forgetMessageIds } from './message-links.ts';
import { insertEmsRow } from './write-ems-row.ts';

/** A message at a remote; same shape as in targets/inbound-source.ts. */
export interface RemoteMessage {
  readonly remoteId: string;
  readonly emsKey: EntityKey | null;
  readonly author: 'PERSON' | 'AGENT';
  readonly agentName: string | null;
  readonly body: string | null;
  readonly private: boolean;
  /** RFC 3339 in UTC. */
  readonly sentOn: string;
}

/** A message and its remote id. */
interface Link {
  readonly remote_id: string;
  /** Null if EMS has deleted the message. */
  readonly key: EntityKey | null;
  readonly content_hash: string | null;
  /** In whole seconds, as the remote tells it. */
  readonly sent_on: string | null;
}

/** Where messages belong. */
export interface MessageScope {
  readonly process: SyncProcessName;
  /** Keys of their hashes, newest first. */
  readonly keys: readonly SecretKey[];
}

/** The changes in EMS that give a conversation the remote's messages. */
export interface MessageChanges {
  readonly added: readonly RemoteMessage[];
  readonly edited: readonly { readonly key: EntityKey; readonly message: RemoteMessage }[];
}

export const hasMessages = ({ added, edited }: MessageChanges): boolean => added.length + edited.length > 0;

/**
 * Compares a conversation's messages with EMS's. Messages written by EMS are never changed; a message that EMS has
 * deleted stays deleted.
 */
export async function compareMessages(
  em: EntityManager,
  { process, keys }: MessageScope,
  messages: readonly RemoteMessage[],
): Promise<MessageChanges> {
  const theirs = messages.filter(({ emsKey }) => emsKey === null);
  const { rows } = await sql<Link>`
    SELECT link.remote_id, m.id AS key, link.content_hash, date_trunc('second', m.sent_on)::text AS sent_on
    FROM sync_conversation_message link LEFT JOIN conversation_message m ON m.id = link.entity_key
    WHERE link.sync_process = ${process} AND link.remote_id = ANY (${theirs.map(({ remoteId }) => remoteId)}::text[])`.execute(
    em.getKysely(),
  );
  const sentOn = new Map(theirs.map((message) => [message.remoteId, message.sentOn]));
  const links = new Map(
    rows.filter((link) => isSame(link, sentOn.get(link.remote_id))).map((link) => [link.remote_id, link]),
  );
  return {
    // A message that was deleted before EMS ever read it is not needed.
    added: theirs.filter(({ remoteId, body }) => !links.has(remoteId) && body !== null),
    edited: theirs.flatMap((message) => {
      const link = links.get(message.remoteId);
      if (link === undefined || link.key === null || hasHash(hashed(message), link.content_hash, keys)) return [];
      return [{ key: link.key, message }];
    }),
  };
}

/**
 * A remote that was restored from a backup gives its ids out again. Nobody changes when a message was sent; one that EMS has
 * deleted cannot be told from another.
 */
function isSame({ sent_on }: Link, sentOn: string | undefined): boolean {
  if (sent_on === null || sentOn === undefined) return true;
  const told = parseInstant(sentOn).round({ smallestUnit: 'second', roundingMode: 'floor' });
  return Temporal.Instant.compare(parseInstant(sent_on), told) === 0;
}

/** Writes them: new ones with ids from EMS, linked to their remote ids; edited ones in place. */
export async function writeMessages(
  em: EntityManager,
  { process, keys }: MessageScope,
  conversation: EntityKey,
  { added, edited }: MessageChanges,
): Promise<void> {
  for (const message of added) {
    const { key } = await insertEmsRow(em, 'ConversationMessage', {
      conversationId: conversation,
      author: message.author,
      agentName: message.agentName,
      body: message.body,
      private: message.private,
      sentOn: parseInstant(message.sentOn),
    });
    await forgetMessageIds(em, process, [message.remoteId]);
    await sql`
      INSERT INTO sync_conversation_message (sync_process, entity_id, entity_key, remote_id, content_hash, origin, updated_on)
      VALUES (${process}, ${key}::bigint, ${key}::bigint, ${message.remoteId}, ${contentHash(hashed(message), keys)}, 'remote',
        clock_timestamp())`.execute(em.getKysely());
  }
  for (const { key, message } of edited) {
    await sql`
      UPDATE conversation_message SET body = ${message.body}, private = ${message.private},
        modified_on = greatest(clock_timestamp(), modified_on + interval '1 microsecond')
      WHERE id = ${key}::bigint`.execute(em.getKysely());
    await sql`
      UPDATE sync_conversation_message SET content_hash = ${contentHash(hashed(message), keys)}, updated_on = clock_timestamp()
      WHERE sync_process = ${process} AND remote_id = ${message.remoteId}`.execute(em.getKysely());
  }
}

/** What is compared of a message. */
export const hashed = ({ body, private: isPrivate }: Pick<RemoteMessage, 'body' | 'private'>) => ({
  body,
  private: isPrivate,
});
