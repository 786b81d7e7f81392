import { beginAttempts } from '../database/records/begin-attempt.ts';
import { forgetValues, writeReceipt } from '../database/records/erasure.ts';
import { loadPairs, type Pair } from '../database/records/load-pairs.ts';
import type { Person } from '../database/entities/index.ts';
import type { Addresses } from '../sync/address-hash.ts';
import type { Delivery } from '../sync/delivery.ts';
import { StaleTokenError } from '../sync/sync-error.ts';
import type { Channel } from '../sync/suppression.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import type { Erased, RemoteSystem } from '../targets/remote-system.ts';
import { mappingOf } from '../targets/sync-process.ts';
import type { DeliverInput } from './deliver-input.ts';
import { connectedProcess, detectionOf, type Dependencies } from './dependencies.ts';
import { evaluatedOf } from './judge-pairs.ts';
import { addressesOf, enterRefusals, pairConsent } from './pair-consent.ts';
import { childrenOf } from './children.ts';

/**
 * One attempt to erase a row at the target: by the strongest deletion that it has. Its addresses go into the suppression list, what lost
 * conflicts is forgotten, and a receipt is written. EMS's row is not touched. Repeating it is harmless.
 *
 * @throws SyncError for what is worth another attempt.
 */
export async function attemptErasure(
  dependencies: Dependencies,
  input: DeliverInput,
  fencingToken: bigint,
): Promise<Delivery> {
  const { process: name, type, key } = input;
  const { orm } = dependencies;
  const { process, remote } = connectedProcess(dependencies, name);
  const [pair] = await loadPairs(orm, detectionOf(dependencies, process, type), [key]);
  if (pair === undefined) throw new RangeError(`${type}/${key} was not loaded`);
  const recorded = BigInt(pair.record?.fencingToken ?? 0);
  if (recorded > fencingToken) throw new StaleTokenError(recorded);
  const workflowId = pairWorkflowId(name, type, key);
  await beginAttempts(orm, name, type, fencingToken, [{ key, state: 'PENDING', workflowId }]);

  const addresses = knownAddresses(dependencies, input, pair);
  // Whose contact it shares is not erased with it: that is another person's.
  const erased: Erased =
    pair.record?.state === 'SHARED'
      ? {
          outcome: 'absent',
          detail: `shares the record of ${type}/${pair.record.sharedWith}, which stays`,
          addresses: [],
        }
      : await eraseAt(dependencies, remote, input, fencingToken, pair, addresses);
  if (pair.record?.state !== 'SHARED') {
    const all = [addresses, ...erased.addresses.map(([channel, address]): Addresses => ({ [channel]: address }))];
    await enterRefusals(dependencies, name, key, all, ERASED_EVERYWHERE);
  }
  await orm.em.fork().transactional(async (em) => {
    await forgetValues(em, input);
    await writeReceipt(em, input, erased);
  });
  const children =
    pair.entity === null
      ? []
      : ((await childrenOf(dependencies, process, type, [{ pair, refused: [] }])).get(key) ?? []);
  const evaluated = evaluatedOf(process, pair);
  return { key, fencingToken: `${fencingToken}`, kind: 'erased', evaluated, outcome: erased.outcome, children };
}

const ERASED_EVERYWHERE = (['email', 'sms'] satisfies Channel[]).map((channel) => ({
  channel,
  reason: 'erased' as const,
}));

async function eraseAt(
  dependencies: Dependencies,
  remote: RemoteSystem,
  { process: name, type, key }: DeliverInput,
  fencingToken: bigint,
  pair: Pair,
  addresses: Addresses,
): Promise<Erased> {
  const { process } = connectedProcess(dependencies, name);
  const remoteId = pair.record?.remoteId ?? null;
  const consent = pairConsent(dependencies, name, mappingOf(process, type), pair, [], fencingToken);
  const request = { type, key, remoteId, fencingToken, ...consent };
  if (remote.erase !== undefined) return remote.erase({ ...request, addresses });
  const removed = (await remote.remove(request)) ?? {};
  return removed.kept === true
    ? { outcome: 'kept', detail: `${name} deletes no ${type}: ask its operator`, addresses: [] }
    : { outcome: 'erased', detail: 'deleted', addresses: [] };
}

/** Also of a person whose mapping declares no consent: a target that is read must not bring the address back. */
function knownAddresses(
  dependencies: Dependencies,
  { process: name, type }: DeliverInput,
  { entity }: Pair,
): Addresses {
  const { process } = connectedProcess(dependencies, name);
  const declared = addressesOf(mappingOf(process, type), entity);
  if (type !== 'Person' || entity === null) return declared;
  const { email, phone } = entity as Person;
  return { email, sms: phone, ...declared };
}
