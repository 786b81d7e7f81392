import { findByRemoteId } from '../database/records/find-by-remote-id.ts';
import { forgetUnresolved, writeUnresolved } from '../database/records/link-record.ts';
import { forgetParkedListing, noteParked } from '../database/records/parked-listings.ts';
import type { LinkedRow, Resolution } from '../sync/absorption.ts';
import type { EntityType } from '../sync/entity-type.ts';
import { baseOf, type KeyedHash } from '../sync/keyed-hash.ts';
import { SyncError } from '../sync/sync-error.ts';
import { remoteWorkflowId } from '../sync/workflow-ids.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { RemoteRecord } from '../targets/inbound-source.ts';
import { wholeContent } from '../targets/whole-content.ts';
import { inboundSource, processContext, type ProcessContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { linkRemote } from './link-remote.ts';
import { seenListing } from './parked-listings.ts';
import { Unresolvable } from './unresolvable.ts';

export interface ResolveInput {
  readonly process: SyncProcessName;
  readonly type: EntityType;
  readonly remoteId: string;
}

/**
 * Finds the EMS row of an unknown remote record: by the EMS id stored in it, by the declared match rule, or by creating
 * one together with the rows it needs, in one transaction. Undecidable cases are parked with their candidates.
 * Idempotent.
 *
 * @throws SyncError if another attempt may succeed.
 */
export async function resolveRemote(dependencies: Dependencies, input: ResolveInput): Promise<Resolution> {
  const { process, type, remoteId } = input;
  const context = processContext(dependencies, input);
  const source = inboundSource(context);
  const known = await findByRemoteId(context.orm.em.fork(), process, type, remoteId);
  if (known !== null && known.key !== null && known.inEms) {
    return { kind: 'linked', rows: [{ type, key: known.key, how: 'known' }] };
  }
  // Read before the record is fetched, so that what is fetched cannot be older than the listing.
  const seen = known === null ? null : await seenListing(context.orm.em.fork(), input, source.lag.recordMs);
  let resolution: Resolution;
  let record: RemoteRecord | null = null;
  try {
    record = await source.fetch({ type, remoteId }, null);
    resolution = record === null ? { kind: 'nothing', reason: 'it is gone' } : await resolve(context, record);
  } catch (error) {
    if (!(error instanceof SyncError) || error.errorClass !== 'rejected') throw error;
    resolution = { kind: 'parked', reason: error.message, code: error.code };
  }
  await keep(context, input, { resolution, record, seen });
  return resolution;
}

async function resolve(context: ProcessContext, record: RemoteRecord): Promise<Resolution> {
  try {
    return await context.orm.em.fork().transactional(async (em) => {
      const rows: LinkedRow[] = [];
      await linkRemote({ context, em, rows }, record);
      return { kind: 'linked', rows };
    });
  } catch (error) {
    if (error instanceof Unresolvable) return error.resolution;
    throw error;
  }
}

const STATES = { parked: 'PARKED', waiting: 'WAITING', nothing: 'UNLINKED' } as const;

/**
 * Stores the result: parked and waiting records, so that operators see them and the next poll resumes them; records
 * that get no row, so that no poll processes them again before they change.
 */
async function keep(
  { orm, keys }: ProcessContext,
  { process, type, remoteId: asked }: ResolveInput,
  {
    resolution,
    record,
    seen,
  }: { readonly resolution: Resolution; readonly record: RemoteRecord | null; readonly seen: KeyedHash | null },
): Promise<void> {
  const em = orm.em.fork();
  const remoteId = record?.remoteId ?? asked;
  // It is gone, or continues under another id, where it has its own record.
  if (record === null || remoteId !== asked) await forgetUnresolved(em, process, type, asked);
  const isLeft = resolution.kind !== 'linked' && !(record === null && resolution.kind === 'nothing');
  if (!isLeft || remoteId !== asked) await forgetParkedListing(em, { process, type, remoteId: asked });
  if (!isLeft) return;
  await writeUnresolved(em, {
    process,
    type,
    remoteId,
    base: record === null ? null : baseOf(wholeContent(record), keys),
    state: STATES[resolution.kind],
    waitingFor: resolution.kind === 'waiting' ? resolution.for : null,
    sharedWith: null,
    errorClass: resolution.kind === 'parked' ? 'rejected' : null,
    code: resolution.kind === 'parked' ? resolution.code : undefined,
    reason: resolution.kind === 'waiting' ? null : resolution.reason,
    workflowId: remoteWorkflowId(process, type, remoteId),
  });
  // It is known since an earlier poll.
  if (seen !== null && remoteId === asked && resolution.kind !== 'waiting') {
    await noteParked(em, { process, type, remoteId }, { reason: resolution.reason, seen, goesOnAs: null });
  }
}
