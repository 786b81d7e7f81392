import { compareMessages, hasMessages } from '../database/records/absorb-messages.ts';
import type { Pair } from '../database/records/load-pairs.ts';
import { isLagging, isNews } from '../sync/compare-remote.ts';
import { inboundOf, type PairContext } from './context.ts';
import { fetchRemote, linkedEnds } from './fetch-remote.ts';

/**
 * Whether the remote has changes that the record does not know; they must be absorbed before anything is sent. False
 * for types that are never read.
 *
 * @throws SyncError if another attempt may succeed.
 */
export async function hasRemoteNews(context: PairContext, pair: Pair): Promise<boolean> {
  const inbound = inboundOf(context);
  const linked = linkedEnds(pair);
  if (inbound === null || linked === null) return false;
  const fetched = await fetchRemote(inbound, linked);
  if (fetched.kind !== 'read') return true;
  const { remote } = fetched;
  const known = { ...linked.record, remoteId: linked.remoteId };
  const reading = { lagMs: inbound.source.lag.recordMs, keys: context.keys };
  if (isNews(remote, known, reading)) return true;
  if (remote.messages === null || isLagging(remote, known, reading)) return false;
  const scope = { process: context.process.name, keys: context.keys };
  return hasMessages(await compareMessages(context.orm.em.fork(), scope, remote.messages));
}
