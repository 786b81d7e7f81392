import { withoutHolders } from '../database/detection/unique-holders.ts';
import { writeDeliveries } from '../database/records/write-deliveries.ts';
import type { Delivery } from '../sync/delivery.ts';
import type { OutboundDecision } from '../sync/judge-outbound.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import { childrenOf } from './children.ts';
import type { TypeContext } from './context.ts';
import { assertEvaluated, type JudgedPair } from './judge-pairs.ts';

/** A pair whose decision equals the recorded one, except for the row that it names. */
export type Restatement = JudgedPair & { readonly decision: Extract<OutboundDecision, { kind: 'share' | 'park' }> };

/**
 * A pair that is shared or parked as before, with unchanged row and sources; only the first holder of a value differs.
 * With hundreds of rows of one value, only the next in line then needs a workflow.
 *
 * @returns null if it is not such a pair.
 */
export function restatement({ mapping }: TypeContext, judged: JudgedPair): Restatement | null {
  const { pair, decision } = judged;
  const { entity, record, settled, sourcesVersion } = pair;
  if (entity === null || record === null || !settled) return null;
  const isAsBefore =
    (decision.kind === 'share' && record.state === 'SHARED') || (decision.kind === 'park' && record.state === 'PARKED');
  const isSameRow =
    record.evaluatedOn === entity.modifiedOn &&
    record.mappingVersion === mapping.version &&
    withoutHolders(record.sourcesVersion) === withoutHolders(sourcesVersion);
  return isAsBefore && isSameRow ? { ...judged, decision } : null;
}

/** Records the new first holder, all in one transaction, without workflow or remote call. */
export async function restate(context: TypeContext, restated: readonly Restatement[]): Promise<void> {
  if (restated.length === 0) return;
  const { orm, process, type } = context;
  const parents = restated.map(({ pair, suppressions }) => ({ pair, refused: suppressions }));
  const children = await childrenOf(context, parents);
  const deliveries = restated.map((one) => {
    const own = children.get(one.pair.key);
    const workflowId = pairWorkflowId(process.name, type, one.pair.key);
    return { ...deliveryOf(one), ...(own === undefined ? {} : { children: own }), workflowId };
  });
  await writeDeliveries(orm, process.name, type, deliveries);
}

function deliveryOf({ pair: { key, record }, decision, evaluated }: Restatement): Delivery {
  const common = { key, fencingToken: record?.fencingToken ?? '0', evaluated: assertEvaluated(evaluated) };
  if (decision.kind === 'share') return { ...common, kind: 'shared', owner: decision.owner };
  const { field, reason, code } = decision;
  return { ...common, kind: 'parked', errorClass: 'rejected', field, reason, code };
}
