import { mappingOf } from '../targets/sync-process.ts';
import type { DeliverInput } from './deliver-input.ts';
import { connectedProcess, type Dependencies } from './dependencies.ts';
import type { JudgedPair } from './judge-pairs.ts';
import { addressesOf, pairConsent } from './pair-consent.ts';

/** Opt-outs go out first of all, also those of a row whose other content cannot be sent. */
export async function sendOptOuts(
  dependencies: Dependencies,
  { process: name, type, key }: DeliverInput,
  fencingToken: bigint,
  { pair, decision, suppressions }: JudgedPair,
): Promise<void> {
  const { process, remote } = connectedProcess(dependencies, name);
  const mapping = mappingOf(process, type);
  if (mapping.consent === null || remote.optOut === undefined || pair.entity === null) return;
  // Whatever else is sent begins with them.
  if (!['park', 'wait', 'suppress'].includes(decision.kind)) return;
  const channels = mapping.consent.optOuts(pair.entity, pair.sources as never);
  if (channels.length === 0) return;
  const remoteId = pair.record?.remoteId ?? null;
  const addresses = addressesOf(mapping, pair.entity);
  const consent = pairConsent(dependencies, name, mapping, pair, suppressions, fencingToken);
  await remote.optOut({ type, key, remoteId, fencingToken, addresses, channels, ...consent });
}
