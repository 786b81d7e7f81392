import { loadPair, type AnyRow } from '../../database/records/load-pairs.ts';
import type { Absorption, LinkedRow, Resolution } from '../../sync/absorption.ts';
import { canonicalForm, type FieldValue } from '../../sync/canonical-form.ts';
import { contentHash } from '../../sync/content-hash.ts';
import type { EntityKey, EntityRef, EntityType } from '../../sync/entity-type.ts';
import type { PlannedAction, PlannedChange, PlannedField } from '../../sync/planned-change.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { RemoteRef } from '../../targets/inbound-source.ts';
import { absorb } from '../absorb.ts';
import { inboundSource, processContext, typeContext } from '../context.ts';
import type { Dependencies } from '../dependencies.ts';
import { findChanged } from '../find-changed.ts';
import { linkRemote } from '../link-remote.ts';
import { planPoll } from '../plan-poll.ts';
import { Unresolvable } from '../unresolvable.ts';
import { dryPage } from './dry-page.ts';

/** What a poll would do with a page of remote records, or what it would hold back. */
export type DryPollItem =
  | {
      readonly kind: 'changes';
      readonly type: EntityType;
      readonly changes: readonly PlannedChange[];
      readonly listed: number;
    }
  | { readonly kind: 'held'; readonly type: EntityType };

/**
 * One poll as its own code would do it, page by page: the target is only read, and EMS's tables are copies.
 *
 * @throws SyncError if a list cannot be read.
 */
export async function* dryPoll(
  dependencies: Dependencies,
  { process }: { readonly process: SyncProcessName },
): AsyncGenerator<DryPollItem> {
  const { steps, unfinishedPairs, unfinishedRemotes } = await planPoll(dependencies, { process });
  for (const ref of unfinishedPairs) yield changesOf(ref.type, await dryAbsorb(dependencies, process, ref));
  for (const ref of unfinishedRemotes) yield changesOf(ref.type, await dryResolve(dependencies, process, ref));
  for (const step of steps) {
    let page: string | null = null;
    do {
      const found = await findChanged(dependencies, { process, ...step, page });
      if (found.held != null) yield { kind: 'held', type: step.type };
      yield { kind: 'changes', type: step.type, changes: [], listed: found.listed };
      for (const ref of found.pairs) yield changesOf(ref.type, await dryAbsorb(dependencies, process, ref));
      for (const ref of found.unknown) yield changesOf(ref.type, await dryResolve(dependencies, process, ref));
      page = found.next;
    } while (page !== null);
  }
}

const changesOf = (type: EntityType, changes: readonly PlannedChange[]): DryPollItem => ({
  kind: 'changes',
  type,
  changes,
  listed: 0,
});

/** The inbound half of a pair's pass, and then its outbound half if that would follow. */
async function dryAbsorb(
  dependencies: Dependencies,
  process: SyncProcessName,
  { type, key }: EntityRef,
): Promise<PlannedChange[]> {
  const context = typeContext(processContext(dependencies, { process }), type);
  const { orm, detection, keys } = context;
  const before = await loadPair(orm, detection, key);
  const about = { direction: 'inbound', type, id: key } as const;
  let absorption: Absorption;
  try {
    absorption = await absorb(dependencies, { process, type, key });
  } catch (error) {
    if (!(error instanceof SyncError) || error.errorClass === 'target-down') throw error;
    return [{ ...about, action: 'fail', reason: error.message, hash: '' }];
  }
  const after =
    absorption.kind === 'applied' || absorption.kind === 'conflict' ? await loadPair(orm, detection, key) : before;
  const fields = changedColumns(before.entity, after.entity);
  const told = inWords(absorption, fields);
  const own: PlannedChange[] =
    told === null
      ? []
      : [
          {
            ...about,
            action: told.action,
            ...(fields.length === 0 ? {} : { fields }),
            ...(told.reason === null ? {} : { reason: told.reason }),
            hash: contentHash({ ...told, fields: fields.map(({ field, after: value }) => [field, value]) }, keys),
          },
        ];
  return absorption.outboundDue ? [...own, ...(await dryPage(context, [key]))] : own;
}

function inWords(
  absorption: Absorption,
  fields: readonly PlannedField[],
): { readonly action: PlannedAction; readonly reason: string | null } | null {
  switch (absorption.kind) {
    case 'nothing':
    case 'unchanged':
    case 'drifted':
    case 'recreate':
      return null;
    case 'consent':
      return absorption.refused === null
        ? { action: 'change', reason: 'refuses nothing any more' }
        : { action: 'suppress', reason: absorption.refused };
    case 'applied':
      return { action: 'change', reason: absorption.fields.includes('messages') ? 'messages' : null };
    case 'conflict': {
      const reason = `both sides have changed: EMS keeps ${absorption.lost.join(', ')}`;
      return { action: fields.length === 0 ? 'park' : 'change', reason };
    }
    case 'unlinked':
      return { action: 'unlink', reason: 'deleted at the target' };
    case 'parked':
      return { action: 'park', reason: absorption.reason };
  }
}

/** Finds or creates the rows of an unknown remote record, and compares those that it found. */
async function dryResolve(
  dependencies: Dependencies,
  process: SyncProcessName,
  { type, remoteId }: RemoteRef,
): Promise<PlannedChange[]> {
  const context = processContext(dependencies, { process });
  const about = { direction: 'inbound', type, id: null, remoteId } as const;
  const entry = (action: PlannedAction, reason: string): PlannedChange[] => [
    { ...about, action, reason, hash: contentHash({ action, reason, remoteId }, context.keys) },
  ];
  let resolution: Resolution;
  try {
    const record = await inboundSource(context).fetch({ type, remoteId }, null);
    if (record === null) return [];
    resolution = await dependencies.orm.em.fork().transactional(async (em) => {
      const rows: LinkedRow[] = [];
      await linkRemote({ context, em, rows }, record);
      return { kind: 'linked', rows };
    });
  } catch (error) {
    if (error instanceof Unresolvable) ({ resolution } = error);
    else if (error instanceof SyncError && error.errorClass === 'rejected') return entry('park', error.message);
    else throw error;
  }
  if (resolution.kind === 'parked') return entry('park', resolution.reason);
  if (resolution.kind === 'waiting') return entry('wait', `waits for ${resolution.for}`);
  if (resolution.kind === 'nothing') return [];
  const changes: PlannedChange[] = [];
  for (const row of resolution.rows) changes.push(...(await linked(dependencies, process, row, remoteId)));
  return changes;
}

async function linked(
  dependencies: Dependencies,
  process: SyncProcessName,
  { type, key, how }: LinkedRow,
  remoteId: string,
): Promise<PlannedChange[]> {
  if (how === 'known') return [];
  const context = typeContext(processContext(dependencies, { process }), type);
  const { entity } = await loadPair(context.orm, context.detection, key);
  const fields = how === 'created' ? changedColumns(null, entity) : [];
  const action = how === 'created' ? 'create' : 'link';
  const change: PlannedChange = {
    direction: 'inbound',
    type,
    id: key,
    remoteId,
    action,
    ...(fields.length === 0 ? {} : { fields }),
    hash: contentHash({ action, remoteId, fields: fields.map(({ field, after }) => [field, after]) }, context.keys),
  };
  if (how === 'matched') return [change, ...(await dryAbsorb(dependencies, process, { type, key }))];
  return [change, ...(await dryPage(context, [key]))].map((one) => withoutNewId(one, { key, remoteId }));
}

/** A row that EMS does not have yet has no id: the one in the copy is invented. */
function withoutNewId(
  change: PlannedChange,
  { key, remoteId }: { readonly key: EntityKey; readonly remoteId: string },
): PlannedChange {
  const fields = change.fields?.map((one) => (one.after === key ? { ...one, after: 'its new id' } : one));
  return { ...change, id: null, remoteId, ...(fields === undefined ? {} : { fields }) };
}

const NOT_TOLD = ['id', 'modifiedOn', 'version'];

function changedColumns(before: AnyRow | null, after: AnyRow | null): PlannedField[] {
  const [one, other] = [before ?? {}, after ?? {}] as Readonly<Record<string, FieldValue>>[];
  return Object.keys(other ?? {}).flatMap((field): PlannedField[] => {
    if (NOT_TOLD.includes(field)) return [];
    const [was, is] = [canonicalForm(one?.[field]), canonicalForm(other?.[field])];
    if (JSON.stringify(was) === JSON.stringify(is)) return [];
    return [before === null ? { field, after: is } : { field, before: was, after: is }];
  });
}
