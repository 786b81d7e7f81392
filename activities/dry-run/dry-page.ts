import { loadPairs } from '../../database/records/load-pairs.ts';
import { refreshUniqueValues } from '../../database/records/refresh-unique-values.ts';
import { drawFencingToken } from '../../database/records/fencing-token.ts';
import { writeDeliveries } from '../../database/records/write-deliveries.ts';
import { contentHash } from '../../sync/content-hash.ts';
import type { Delivery } from '../../sync/delivery.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import type { PlannedChange } from '../../sync/planned-change.ts';
import { describeSuppressions } from '../../sync/suppression.ts';
import { areRemovalsHeld } from '../brake.ts';
import { childrenOf } from '../children.ts';
import { pairOf, type TypeContext } from '../context.ts';
import { isCall, withoutCall } from '../deliver.ts';
import { describeError } from '../error-mapping.ts';
import { inHalves } from '../in-halves.ts';
import { assertEvaluated, judgePairs, type JudgedPair } from '../judge-pairs.ts';
import { keptBy } from './kept-by.ts';
import { plannedChange } from './planned-change-of.ts';

/** What was decided about a row of the page, and what the target's confirmation would be. */
interface Decided {
  readonly judged: JudgedPair;
  readonly change: PlannedChange | null;
}

/**
 * What deliveries of these rows would do, as their own code decides it; the target is only read. Results are recorded
 * as if the target had confirmed each, in a session of copies ({@link createScratchOrm}): rows that are decided later
 * find what they refer to.
 */
export async function dryPage(context: TypeContext, keys: readonly EntityKey[]): Promise<PlannedChange[]> {
  const { orm, detection, type } = context;
  const { results, failed } = await inHalves(keys, async (some) => {
    await refreshUniqueValues(orm, detection, some, context.keys);
    const judged = await judgePairs(context, await loadPairs(orm, detection, some));
    const isHeld = await areRemovalsHeld(context);
    const removed = judged.filter(({ decision }) => decision.kind === 'remove').map(({ pair }) => pair.key);
    const kept = await keptBy(context, isHeld ? [] : removed);
    const wanted = judged.flatMap(({ decision }) => ('content' in decision ? [decision.content] : []));
    const decided: Decided[] = [];
    for (const one of judged)
      decided.push({ judged: one, change: await plannedChange(context, one, { isHeld, kept, wanted }) });
    await confirm(
      context,
      decided.filter(({ judged: { decision }, change }) =>
        decision.kind === 'remove' ? change?.action === 'delete' : change !== null,
      ),
    );
    return decided.flatMap(({ change }) => change ?? []);
  });
  return [
    ...results.flat(),
    ...failed.map(({ item, error }) => ({
      direction: 'outbound' as const,
      type,
      id: item,
      action: 'fail' as const,
      reason: describeError(error).message,
      hash: '',
    })),
  ];
}

async function confirm(context: TypeContext, decided: readonly Decided[]): Promise<void> {
  const { orm, process, type } = context;
  const fencingToken = await drawFencingToken(orm);
  const parents = decided.map(({ judged: { pair, suppressions } }) => ({ pair, refused: suppressions }));
  const children = await childrenOf(context, parents);
  const deliveries = decided.map(({ judged }) => {
    const { key } = judged.pair;
    const own = children.get(key) ?? [];
    const delivery = confirmed(context, judged, fencingToken);
    return { ...delivery, ...(own.length === 0 ? {} : { children: own }), workflowId: pairOf(context, key).workflowId };
  });
  await writeDeliveries(orm, process.name, type, deliveries);
}

/** The result of a delivery that the target has accepted. */
function confirmed(
  context: TypeContext,
  { pair, decision, evaluated, suppressions }: JudgedPair,
  token: bigint,
): Delivery {
  const { key } = pair;
  const { type } = context;
  if (!isCall(decision)) return withoutCall({ type, key, fencingToken: token }, decision, evaluated);
  const common = { key, fencingToken: `${token}` };
  if (decision.kind === 'remove') return { ...common, kind: 'removed', forget: decision.forget };
  const delivered = {
    remoteId: decision.kind === 'update' ? decision.remoteId : `planned ${key}`,
    remoteModifiedOn: null,
    contentHash: contentHash(decision.content, context.keys),
    ...(pair.record?.base == null ? {} : { base: pair.record.base }),
  };
  const both = { ...common, evaluated: assertEvaluated(evaluated) };
  if (suppressions.length > 0) {
    return { ...both, kind: 'suppressed', reason: describeSuppressions(suppressions), delivered };
  }
  return { ...both, kind: decision.kind === 'create' ? 'created' : 'updated', ...delivered };
}
