import { setTimeout as sleep } from 'node:timers/promises';
import { beginAttempts } from '../database/records/begin-attempt.ts';
import { drawFencingToken } from '../database/records/fencing-token.ts';
import { loadPairs } from '../database/records/load-pairs.ts';
import { refreshUniqueValues } from '../database/records/refresh-unique-values.ts';
import { writeDeliveries } from '../database/records/write-deliveries.ts';
import type { Delivery } from '../sync/delivery.ts';
import type { EntityKey, EntityType } from '../sync/entity-type.ts';
import { rememberingKeys } from '../sync/secret-hash.ts';
import { PausedError, SyncError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { isPageWorkflowId } from '../sync/workflow-ids.ts';
import type { BulkCalls, RemoteSystem, SendRequest, SendResult } from '../targets/remote-system.ts';
import { confirmed, type Call } from './call-target.ts';
import { childrenOf } from './children.ts';
import { consentLookups, type ConsentLookups } from './consent-lookups.ts';
import { pairOf, processContext, typeContext, type Attempt } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { hasLeftRemote } from './left-remote.ts';
import { inHalves } from './in-halves.ts';
import { assertEvaluated, judgePairs, type JudgedPair } from './judge-pairs.ts';
import { PageClaims, type PageAttempt } from './page-claims.ts';
import { addressNames } from './pair-names.ts';
import { pairConsent } from './pair-consent.ts';
import { wasBegun } from './row-identity.ts';
import { sendInHalves } from './send-in-halves.ts';

export interface PageInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly keys: readonly EntityKey[];
}

/**
 * Why a row leaves the page: another worker is at it (`busy`); it, or the target, needs more than a bulk call (`alone`); it cannot be
 * read or written (`unreadable`); the target refused it (`refused`).
 */
export type LeftReason = 'busy' | 'alone' | 'unreadable' | 'refused';

/** `unchanged`: nothing had to be sent. */
type PageKind = 'created' | 'updated' | 'unchanged';

export interface DeliveredPage {
  /** Rows that the target now has as EMS has them. */
  readonly inSync: number;
  /** How they came to be so; left out by workers of an older release. */
  readonly kinds?: Readonly<Partial<Record<PageKind, number>>>;
  /** All others: each needs a workflow of its own. */
  readonly left: readonly EntityKey[];
  readonly reasons: Readonly<Partial<Record<LeftReason, number>>>;
}

type SendDecision = Extract<Call, { kind: 'create' | 'update' }>;

/** A row that a bulk call can deliver. */
interface Fit {
  readonly judged: JudgedPair;
  readonly decision: SendDecision;
  readonly request: SendRequest;
}

/** States in which nothing is on its way to the target. */
const AT_REST = ['IN_SYNC', 'WAITING'];

/** Pauses between attempts to write what the target has confirmed: sending all of it again costs more. */
const WRITE_AGAIN_MS = [1_000, 4_000, 15_000, 30_000];

/**
 * Delivers many rows of a type together: one statement for each step, one call of the target. What needs more than that is left to
 * its own workflow. Safe to repeat: what was recorded is found equal, what was begun is looked up or overwritten like a single
 * delivery that lost its answer.
 *
 * @throws SyncError if the target, or its bulk call, does not work for any row.
 */
export async function deliverPage(
  dependencies: Dependencies,
  { holder, keys, ...input }: PageInput & { readonly holder: string },
): Promise<DeliveredPage> {
  const own = { ...dependencies, keys: rememberingKeys(dependencies.keys) };
  const context = typeContext(processContext(own, input), input.type);
  if (!hasPages(context.remote)) return result(keys, [], new Map());
  const page: PageAttempt = { ...context, holder, fencingToken: await drawFencingToken(context.orm) };
  const claims = await PageClaims.claim(page, keys);
  try {
    return await deliverClaimed(page, keys, { claims, bulk: context.remote.bulk });
  } finally {
    await claims.release();
  }
}

/** Bulk calls of a target whose rows are delivered in pages. */
type PageCalls = BulkCalls & Required<Pick<BulkCalls, 'sendPage'>>;

const hasPages = (remote: RemoteSystem): remote is RemoteSystem & { readonly bulk: PageCalls } =>
  remote.bulk?.sendPage !== undefined;

async function deliverClaimed(
  page: PageAttempt,
  keys: readonly EntityKey[],
  { claims, bulk }: { readonly claims: PageClaims; readonly bulk: PageCalls },
): Promise<DeliveredPage> {
  const left = new Map<EntityKey, LeftReason>();
  bulk.getReady?.();
  const { results, failed } = await inHalves(claims.keys, (some) => judge(page, some));
  for (const { item } of failed) left.set(item, 'unreadable');
  const judged = results.flat().filter(({ pair: { key, entity, record } }) => {
    const names = addressNames(page.process.name, page, { entity, base: record?.base ?? null });
    return claims.covers(key, names) || !left.set(key, 'busy');
  });
  const unchanged = judged.filter(({ decision, pair }) => decision.kind === 'unchanged' && !hasLeftRemote(page, pair));
  const lookups = consentLookups(page);
  const fit = fitOf(page, judged, { bulk, lookups });
  for (const { pair } of judged) left.set(pair.key, 'alone');
  const { sent, paused } = fit.length === 0 ? NOTHING_SENT : await send(page, fit, { claims, bulk, lookups, left });
  const deliveries: readonly Delivered[] = [
    ...unchanged.map((one) => ({ judged: one, delivery: { ...common(page, one), kind: 'unchanged' as const } })),
    ...sent,
  ];
  const written = await write(page, deliveries);
  // Only now: what the target confirmed before the pause is recorded.
  if (paused !== null) throw paused;
  for (const key of written) left.delete(key);
  for (const { judged: one } of deliveries) if (left.has(one.pair.key)) left.set(one.pair.key, 'unreadable');
  return result(
    keys.filter((key) => !written.has(key)),
    deliveries.flatMap(({ delivery: { key, kind } }) => (written.has(key) ? [kind] : [])),
    left,
  );
}

/** Rows without a reason were not claimed. */
function result(
  left: readonly EntityKey[],
  kinds: readonly PageKind[],
  reasons: ReadonlyMap<EntityKey, LeftReason>,
): DeliveredPage {
  const counted = countEach(left.map((key) => reasons.get(key) ?? 'busy'));
  return { inSync: kinds.length, kinds: countEach(kinds), left, reasons: counted };
}

function countEach<T extends string>(all: readonly T[]): Partial<Record<T, number>> {
  const counted: Partial<Record<T, number>> = {};
  for (const one of all) counted[one] = (counted[one] ?? 0) + 1;
  return counted;
}

async function judge(page: PageAttempt, keys: readonly EntityKey[]): Promise<JudgedPair[]> {
  const { orm, detection } = page;
  await refreshUniqueValues(orm, detection, keys, page.keys);
  return judgePairs(page, await loadPairs(orm, detection, keys));
}

function fitOf(
  page: PageAttempt,
  judged: readonly JudgedPair[],
  { bulk, lookups }: { readonly bulk: BulkCalls; readonly lookups: ConsentLookups },
): readonly Fit[] {
  return judged.flatMap((one) => {
    const { pair, decision, references, suppressions } = one;
    if (!isSend(decision) || !isAtRest(page, one)) return [];
    const attempt: Attempt = { ...pairOf(page, pair.key), fencingToken: page.fencingToken };
    const request: SendRequest = {
      type: page.type,
      key: pair.key,
      fencingToken: page.fencingToken,
      references,
      remoteId: decision.kind === 'update' ? decision.remoteId : null,
      content: decision.content,
      release: false,
      begun: wasBegun(attempt, pair),
      isUnconfirmed: pair.record?.state === 'CREATING',
      ...pairConsent(attempt, pair, suppressions, lookups),
    };
    return bulk.canGather(request) ? [{ judged: one, decision, request }] : [];
  });
}

const isSend = (decision: JudgedPair['decision']): decision is SendDecision =>
  decision.kind === 'create' || decision.kind === 'update';

/**
 * Nothing of the pair is on its way from elsewhere, no consent restricts it, and the target's own changes need not be read first. An
 * attempt that a page began is over: until its calls had ended, the row could not be claimed.
 */
function isAtRest(
  { remote, mapping, fencingToken }: PageAttempt,
  { pair, decision, suppressions }: JudgedPair,
): boolean {
  const { record } = pair;
  if (suppressions.length > 0) return false;
  if (record === null) return true;
  if (record.reissued !== null || BigInt(record.fencingToken) > fencingToken) return false;
  if (decision.kind === 'update' && remote.inbound !== undefined && mapping.inbound !== null) return false;
  return AT_REST.includes(record.state) || isPageWorkflowId(record.workflowId);
}

interface Delivered {
  readonly judged: JudgedPair;
  readonly delivery: Extract<Delivery, { readonly kind: PageKind }>;
}

const common = ({ fencingToken }: PageAttempt, { pair, evaluated }: JudgedPair) => ({
  key: pair.key,
  fencingToken: `${fencingToken}`,
  evaluated: assertEvaluated(evaluated),
});

interface Sent {
  /** What the target confirmed. */
  readonly sent: readonly Delivered[];
  /** The process was paused before all of it was sent. */
  readonly paused: PausedError | null;
}

const NOTHING_SENT: Sent = { sent: [], paused: null };

/** Records what will be sent, and sends it. */
async function send(
  page: PageAttempt,
  fit: readonly Fit[],
  {
    claims,
    bulk,
    lookups,
    left,
  }: {
    readonly claims: PageClaims;
    readonly bulk: PageCalls;
    readonly lookups: ConsentLookups;
    readonly left: Map<EntityKey, LeftReason>;
  },
): Promise<Sent> {
  const { orm, process, type, holder, fencingToken } = page;
  const ids = (await bulk.idsToMake?.(fit.map(({ request }) => request))) ?? [];
  const intents = fit.map(({ judged: { pair, evaluated }, decision }, index) => ({
    key: pair.key,
    state:
      decision.kind === 'create' || pair.record?.state === 'CREATING' ? ('CREATING' as const) : ('PENDING' as const),
    fingerprint: evaluated?.fingerprint ?? null,
    remoteId: pair.record === null ? (ids[index] ?? null) : null,
  }));
  const owned = await beginAttempts(orm, process.name, type, { fencingToken, workflowId: holder, intents });
  const begun = fit.filter(({ judged: { pair } }) => owned.has(pair.key));
  for (const { key, remoteId = null } of intents) {
    if (remoteId !== null && owned.get(key)?.remoteId === remoteId) lookups.noteRecorded({ key, remoteId });
  }
  const results = await sendInHalves<SendResult | null>(
    (requests) => bulk.sendPage(requests, () => claims.assertHeld()),
    begun.map(({ request }) => request),
  );
  throwIfAllFailed(results);
  const delivered = begun.flatMap(({ judged, decision }, index): Delivered[] => {
    const sent = results[index];
    if (sent instanceof Error) left.set(judged.pair.key, 'refused');
    if (sent == null || sent instanceof Error || sent.kind !== 'sent' || (sent.refusals ?? []).length > 0) return [];
    const kind = decision.kind === 'create' ? 'created' : 'updated';
    const { pair } = judged;
    return [{ judged, delivery: { ...common(page, judged), kind, ...confirmed(page, { pair, decision }, sent) } }];
  });
  return { sent: delivered, paused: results.find((one) => one instanceof PausedError) ?? null };
}

/** The process is paused, the target is down, or the whole call failed: the page is tried again. */
function throwIfAllFailed(results: readonly (SendResult | Error | null)[]): void {
  const [first] = results;
  if (!(first instanceof SyncError) || !['transient', 'target-down'].includes(first.errorClass)) return;
  if (results.every((one) => one instanceof Error)) throw first;
}

/**
 * Records results in one statement; a row whose result cannot be written does not hold up the others. While the database is away,
 * it is tried again for some time.
 *
 * @returns the keys recorded.
 */
async function write(page: PageAttempt, delivered: readonly Delivered[]): Promise<ReadonlySet<EntityKey>> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await writeOnce(page, delivered);
    } catch (error) {
      const pause = WRITE_AGAIN_MS[attempt];
      if (pause === undefined) throw error;
      await sleep(pause);
    }
  }
}

async function writeOnce(page: PageAttempt, delivered: readonly Delivered[]): Promise<ReadonlySet<EntityKey>> {
  const { orm, process, type, holder: workflowId } = page;
  const parents = delivered.map(({ judged: { pair } }) => ({ pair, refused: [] }));
  const children = await childrenOf(page, parents);
  const deliveries = delivered.map(({ delivery }) => {
    const own = children.get(delivery.key) ?? [];
    return { ...delivery, ...(own.length === 0 ? {} : { children: own }), workflowId };
  });
  const { failed } = await inHalves(deliveries, (some) => writeDeliveries(orm, process.name, type, some));
  const lost = new Set(failed.map(({ item }) => item.key));
  return new Set(deliveries.flatMap(({ key }) => (lost.has(key) ? [] : [key])));
}
