import type { Attempt } from './context.ts';
import type { JudgedPair } from './judge-pairs.ts';
import { addressesOf, pairConsent } from './pair-consent.ts';

/** Sends the opt-outs of a row whose other content cannot be sent. Otherwise they go first within the delivery itself. */
export async function sendOptOuts(attempt: Attempt, { pair, decision, suppressions }: JudgedPair): Promise<void> {
  const { mapping, remote, type, key, fencingToken } = attempt;
  if (mapping.consent === null || remote.optOut === undefined || pair.entity === null) return;
  if (!['park', 'wait', 'suppress'].includes(decision.kind)) return;
  const channels = mapping.consent.optOuts(pair.entity, pair.sources as never);
  if (channels.length === 0) return;
  const remoteId = pair.record?.remoteId ?? null;
  const addresses = addressesOf(mapping, pair.entity);
  const consent = pairConsent(attempt, pair, suppressions);
  await remote.optOut({ type, key, remoteId, fencingToken, addresses, channels, ...consent });
}
