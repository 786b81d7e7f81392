import { compareMessages, hasMessages, writeMessages } from '../database/records/absorb-messages.ts';
import { forgetUnresolved } from '../database/records/link-record.ts';
import { forgetParkedListing, noteParked } from '../database/records/parked-listings.ts';
import { readOscillation, writeOscillation } from '../database/records/oscillation.ts';
import { writeAbsorbedRecord, type AbsorbedRecord } from '../database/records/write-absorption.ts';
import { writeConflict, type Conflict } from '../database/records/write-conflict.ts';
import { knownSources } from '../database/records/upsert-records.ts';
import { updateEmsRow } from '../database/records/write-ems-row.ts';
import type { EntityManager } from '../database/orm.ts';
import type { Absorption } from '../sync/absorption.ts';
import { equalityOf, isRekeyed, knownTimeAfter, type Comparison } from '../sync/compare-remote.ts';
import { contentHash, type Content } from '../sync/content-hash.ts';
import { failureCode } from '../sync/failure-code.ts';
import { noteOscillation } from '../sync/oscillation.ts';
import { baseWith } from '../sync/keyed-hash.ts';
import { seal } from '../sync/sealed-values.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import type { Changes } from '../targets/inbound-mapping.ts';
import type { RemoteRecord } from '../targets/inbound-source.ts';
import type { InboundAttempt } from './context.ts';
import { isEqualColumn } from './equal-columns.ts';
import type { AbsorbedPair, LinkedPair } from './fetch-remote.ts';
import { findReferences } from './find-references.ts';
import { assertEvaluated, evaluatedOf } from './judge-pairs.ts';
import { followOwnChange, fingerprintOfRow } from './row-identity.ts';

/** EMS has written the row since it was read: the whole transaction must be rolled back. */
export class EmsWasFaster extends Error {
  override readonly name = 'EmsWasFaster';
}

/**
 * Writes an absorption in one transaction: the EMS row, the record, messages, and lost values.
 *
 * @throws EmsWasFaster if EMS has changed the row since it was read.
 */
export function writeAbsorbed(
  attempt: InboundAttempt,
  linked: AbsorbedPair,
  remote: RemoteRecord,
  comparison: Comparison,
): Promise<Absorption> {
  return attempt.orm.em.fork().transactional(async (em) => {
    const { inbound, key, ref } = attempt;
    const { entity } = linked;
    const { decision, drifted, proposed, applied, resend } = comparison;
    const messages =
      remote.messages === null
        ? { added: [], edited: [] }
        : await compareMessages(em, { process: ref.process, keys: attempt.keys }, remote.messages);
    const references = await referencesAfter(em, attempt, linked, remote);
    const common = commonOf(attempt, linked, remote);
    if ((applied.length > 0 || resend) && (await isPingPong(em, attempt, remote.content))) {
      const reason = 'ping-pong: the remote came to the same state more than three times within an hour';
      await writeAbsorbedRecord(em, {
        ...common,
        fingerprint: null,
        outcome: parked(attempt, linked, { reason, code: 'ping-pong' }),
      });
      await noteParked(em, { ...ref, remoteId: remote.remoteId }, { reason, seen: linked.seen, goesOnAs: null });
      return { key, kind: 'parked', reason, outboundDue: false };
    }

    const changes = changedColumns(entity, { ...inbound.apply(remote.content, applied, entity), ...references });
    let { modifiedOn } = entity;
    if (hasMessages(messages) || Object.keys(changes).length > 0) {
      const written = await updateEmsRow(em, ref.type, key, { readAt: modifiedOn, changes });
      if (written === null) throw new EmsWasFaster();
      modifiedOn = written;
      await writeMessages(em, { process: ref.process, keys: attempt.keys }, key, messages);
    }
    if (decision.kind === 'conflict') await keep(em, attempt, remote, { kind: 'lost', fields: decision.lost });
    if (proposed.length > 0) await keep(em, attempt, remote, { kind: 'proposed', fields: proposed });
    const after = { entity: { ...entity, ...changes }, modifiedOn };
    const outcome = resend ? ({ kind: 'resend' } as const) : outcomeOf(attempt, linked, remote.content, after);
    const fingerprint = fingerprintOfRow(attempt, linked.pair, after.entity);
    await writeAbsorbedRecord(em, { ...common, fingerprint, outcome });
    if (linked.record.state === 'PARKED') await forgetParkedListing(em, { ...ref, remoteId: linked.remoteId });
    if (after.modifiedOn !== entity.modifiedOn) await followOwnChange(em, attempt, linked.pair, after.entity);
    const outboundDue = !(outcome.kind === 'in-sync' || outcome.kind === 'delivered');
    return {
      key,
      outboundDue,
      ...told({ decision, drifted: [...drifted, ...proposed], applied, withMessages: hasMessages(messages) }),
    };
  });
}

/** Parks the pair for a human to decide. */
export async function parkPair(
  attempt: InboundAttempt,
  linked: AbsorbedPair,
  {
    reason,
    code,
    reissued = false,
    goesOnAs = null,
  }: Parking & {
    readonly reissued?: boolean;
    /** The remote id under which its record goes on, which is another row's. */
    readonly goesOnAs?: string | null;
  },
): Promise<Absorption> {
  const { orm, key, ref, fencingToken, workflowId } = attempt;
  const { record, remoteId, seen } = linked;
  await orm.em.fork().transactional(async (em) => {
    await writeAbsorbedRecord(em, {
      ...ref,
      fencingToken,
      workflowId,
      remoteId,
      remoteSyncedOn: null,
      base: record.base ?? {},
      fingerprint: null,
      outcome: { ...parked(attempt, linked, { reason, code }), reissued },
    });
    await noteParked(em, { ...ref, remoteId }, { reason, seen, goesOnAs });
  });
  return { key, kind: 'parked', reason, outboundDue: false };
}

/** Why a human must decide, and its code as {@link failureCode} takes it. */
export interface Parking {
  readonly reason: string;
  readonly code: string;
}

function parked(attempt: InboundAttempt, { pair }: LinkedPair, { reason, code }: Parking) {
  const said = { reason, code: failureCode(attempt.process.name, 'rejected', code) };
  return { kind: 'parked' as const, ...said, reissued: false, evaluated: assertEvaluated(evaluatedOf(attempt, pair)) };
}

function commonOf(
  { ref, fencingToken, workflowId, keys }: InboundAttempt,
  { record }: LinkedPair,
  remote: RemoteRecord,
): Omit<AbsorbedRecord, 'outcome' | 'fingerprint'> {
  const base = baseWith(record.base, remote.content, keys);
  const remoteSyncedOn = knownTimeAfter(remote, record, keys);
  return { ...ref, fencingToken, workflowId, remoteId: remote.remoteId, remoteSyncedOn, base };
}

/** The rows that a remote record refers to after it continues under another id. */
async function referencesAfter(
  em: EntityManager,
  attempt: InboundAttempt,
  { record, remoteId }: LinkedPair,
  remote: RemoteRecord,
): Promise<Changes> {
  const { ref } = attempt;
  if (!isRekeyed(remote, { ...record, remoteId })) return {};
  // The new id may meanwhile have been parked as an unknown record.
  await forgetUnresolved(em, ref.process, ref.type, remote.remoteId);
  return findReferences(em, attempt, remote.references);
}

/** Stores the new remote state; true if the remote keeps returning to the same state. */
async function isPingPong(em: EntityManager, { ref, keys }: InboundAttempt, content: Content): Promise<boolean> {
  const earlier = await readOscillation(em, ref);
  const { states, pingPong } = noteOscillation(earlier, contentHash(content, keys), Temporal.Now.instant());
  await writeOscillation(em, ref, states);
  return pingPong;
}

/** Encrypts and stores remote values that EMS did not take over, so that an operator can. */
async function keep(
  em: EntityManager,
  { ref, keys }: InboundAttempt,
  { remoteId, content }: RemoteRecord,
  { kind, fields }: Pick<Conflict, 'kind' | 'fields'>,
): Promise<void> {
  const values = Object.fromEntries(fields.map((field) => [field, content[field]]));
  await writeConflict(em, { ...ref, kind, remoteId, fields, seal: (subject) => seal(values, subject, keys) });
}

function outcomeOf(
  attempt: InboundAttempt,
  { record, pair }: LinkedPair,
  remote: Content,
  after: { readonly entity: LinkedPair['entity']; readonly modifiedOn: LinkedPair['entity']['modifiedOn'] },
): AbsorbedRecord['outcome'] {
  const { mapping, keys } = attempt;
  const equality = equalityOf({
    state: record.state,
    contentHash: record.contentHash,
    before: pair.entity === null ? null : contentOf(mapping, pair.entity, pair),
    after: contentOf(mapping, after.entity, pair),
    remote,
    keys,
  });
  const { modifiedOn } = after;
  switch (equality.kind) {
    case 'in-sync': {
      const evaluated = assertEvaluated(evaluatedOf(attempt, pair));
      const { mappingVersion } = evaluated;
      return { ...equality, modifiedOn, sourcesVersion: knownSources(evaluated), mappingVersion };
    }
    case 'delivered':
      return { kind: 'delivered', modifiedOn };
    case 'open':
      return { kind: 'open' };
  }
}

/** Null if the row cannot be sent. */
function contentOf(mapping: EntityMapping, row: LinkedPair['entity'], { sources }: LinkedPair['pair']): Content | null {
  const mapped = mapping.map(row, sources);
  return mapped.kind === 'mapped' ? mapped.content : null;
}

function changedColumns(row: LinkedPair['entity'], changes: Changes): Changes {
  return Object.fromEntries(
    Object.entries(changes).filter(
      ([column, value]) => !isEqualColumn((row as Record<string, unknown>)[column], value),
    ),
  );
}

function told({
  decision,
  drifted,
  applied,
  withMessages,
}: Pick<Comparison, 'decision' | 'drifted' | 'applied'> & { readonly withMessages: boolean }) {
  if (decision.kind === 'conflict') return { kind: 'conflict', lost: decision.lost, applied } as const;
  const fields = withMessages ? [...applied, 'messages'] : applied;
  if (fields.length > 0) return { kind: 'applied', fields } as const;
  return drifted.length > 0 ? ({ kind: 'drifted', fields: drifted } as const) : ({ kind: 'unchanged' } as const);
}
