import DataLoader from 'dataloader';
import { findByRemoteIds } from '../database/records/find-by-remote-id.ts';
import { findHoldersOfAddresses, findRemoteIds } from '../database/records/find-holders.ts';
import { keepRemoteIds } from '../database/records/keep-remote-id.ts';
import { readRekeys } from '../database/records/rekeys.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import type { Attempt } from './context.ts';

/** Announces the remote id that a create is about to make. */
interface Announced {
  readonly key: EntityKey;
  readonly remoteId: string;
}

/**
 * What consent asks our database about pairs of one attempt. Questions of one moment become one statement, so that a page of
 * pairs costs as many statements as one pair.
 */
export function consentLookups({ orm, process, type, fencingToken }: Omit<Attempt, 'key' | 'ref' | 'workflowId'>) {
  const em = () => orm.em.fork();
  const { name } = process;
  const recorded = new Map<EntityKey, string>();
  return {
    /** The remote id is on the pair's record already: to announce it writes nothing. */
    noteRecorded: ({ key, remoteId }: Announced): void => void recorded.set(key, remoteId),
    /** The row whose record names a remote id. */
    holders: ofEach<string, EntityKey>(async (remoteIds) => {
      const found = await findByRemoteIds(em(), name, type, [...new Set(remoteIds)]);
      return new Map([...found].flatMap(([id, { key }]) => (key === null ? [] : [[id, key]])));
    }),
    /** The rows that were last known to have an address at the target, by its hash. */
    holdersOfAddress: ofEach<string, readonly EntityKey[]>((hashes) =>
      findHoldersOfAddresses(em(), name, type, [...new Set(hashes)]),
    ),
    remoteIds: ofEach<EntityKey, string>((keys) => findRemoteIds(em(), name, type, [...new Set(keys)])),
    rekeys: ofEach<EntityKey, string>((keys) => readRekeys(em(), name, type, [...new Set(keys)])),
    announced: new DataLoader<Announced, null>(
      async (remoteIds) => {
        const unknown = remoteIds.filter(({ key, remoteId }) => recorded.get(key) !== remoteId);
        if (unknown.length > 0) await keepRemoteIds(orm, name, type, { fencingToken, remoteIds: unknown });
        return remoteIds.map(() => null);
      },
      { cache: false },
    ),
  };
}

export type ConsentLookups = ReturnType<typeof consentLookups>;

/** Asks for all keys of one moment together; null for those without an answer. */
function ofEach<K, V>(find: (keys: readonly K[]) => Promise<ReadonlyMap<K, V>>): DataLoader<K, V | null> {
  return new DataLoader(
    async (keys) => {
      const found = await find(keys);
      return keys.map((key) => found.get(key) ?? null);
    },
    { cache: false },
  );
}
