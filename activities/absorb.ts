import { compareMessages, writeMessages, type MessageChanges } from '../database/records/absorb-messages.ts';
import { findByRemoteIds } from '../database/records/find-by-remote-id.ts';
import { readOscillation, writeOscillation } from '../database/records/oscillation.ts';
import { loadPairs, type AnyRow, type Pair } from '../database/records/load-pairs.ts';
import { forgetUnresolved } from '../database/records/link-record.ts';
import { drawFencingToken } from '../database/records/fencing-token.ts';
import { writeAbsorbedRecord, writeGone, type AbsorbedRecord } from '../database/records/write-absorption.ts';
import { conflictSubject, writeConflict } from '../database/records/write-conflict.ts';
import { knownSources } from '../database/records/upsert-records.ts';
import { updateEmsRow } from '../database/records/write-ems-row.ts';
import type { EntityManager } from '../database/orm.ts';
import type { Absorption } from '../sync/absorption.ts';
import { canonicalForm } from '../sync/canonical-form.ts';
import { contentHash, hasHash, type Content } from '../sync/content-hash.ts';
import type { EntityKey } from '../sync/entity-type.ts';
import { noteOscillation } from '../sync/oscillation.ts';
import { parseInstant } from '../sync/instant.ts';
import { driftedFields, judgeInbound, type InboundDecision } from '../sync/judge-inbound.ts';
import { baseWith } from '../sync/keyed-hash.ts';
import { seal } from '../sync/sealed-values.ts';
import { SyncError } from '../sync/sync-error.ts';
import { pairWorkflowId } from '../sync/workflow-ids.ts';
import type { EntityMapping } from '../targets/entity-mapping.ts';
import type { Changes, InboundMapping } from '../targets/inbound-mapping.ts';
import type { RemoteRecord } from '../targets/inbound-source.ts';
import { mappingOf } from '../targets/sync-process.ts';
import type { AbsorbInput } from './absorb-input.ts';
import { absorbConsent } from './absorb-consent.ts';
import { withAddressLocks } from './address-locks.ts';
import { connectedProcess, detectionOf, inboundProcess, type Dependencies } from './dependencies.ts';
import { findReferences } from './find-references.ts';
import { isEqualColumn } from './equal-columns.ts';

/** How often a pass starts again at once because EMS changed the row meanwhile. */
const ROUNDS_WHEN_EMS_IS_FASTER = 3;

/**
 * The inbound half of a pass: fetches the remote record, compares it with the EMS row and with what the remote was last known
 * to hold, and writes what the remote alone has changed. Row and record are written in one transaction, so repeating it is
 * harmless.
 *
 * @throws SyncError for what is worth another attempt.
 */
export async function absorb(dependencies: Dependencies, input: AbsorbInput): Promise<Absorption> {
  const { consent } = connectedProcess(dependencies, input.process).remote;
  if (consent !== undefined) {
    return withAddressLocks(dependencies, input, () => absorbConsent(dependencies, consent, input));
  }
  if (!isReadBack(dependencies, input)) {
    return { key: input.key, kind: 'nothing', reason: 'nothing of it is read back', outboundDue: true };
  }
  for (let round = 0; round < ROUNDS_WHEN_EMS_IS_FASTER; round += 1) {
    try {
      return await new Pass(dependencies, input, await drawFencingToken(dependencies.orm)).absorb();
    } catch (error) {
      if (!(error instanceof EmsWasFaster)) throw error;
    }
  }
  throw new SyncError('transient', `EMS keeps changing ${input.type}/${input.key} while it is written`, {
    code: 'ems-busy',
  });
}

/** Whether records of this type are read at all. */
export function isReadBack(dependencies: Dependencies, { process: name, type }: Omit<AbsorbInput, 'key'>): boolean {
  const { process, remote } = connectedProcess(dependencies, name);
  return remote.inbound !== undefined && mappingOf(process, type).inbound !== null;
}

/** EMS has written the row since it was read: nothing of the transaction may stay. */
class EmsWasFaster extends Error {
  override readonly name = 'EmsWasFaster';
}

/** A pair that has both ends. */
interface LinkedPair {
  readonly entity: AnyRow;
  readonly record: NonNullable<Pair['record']>;
  readonly remoteId: string;
  readonly pair: Pair;
}

class Pass {
  readonly #dependencies: Dependencies;
  readonly #input: AbsorbInput;
  readonly #fencingToken: bigint;
  readonly #mapping: EntityMapping;
  readonly #inbound: InboundMapping;

  constructor(dependencies: Dependencies, input: AbsorbInput, fencingToken: bigint) {
    this.#dependencies = dependencies;
    this.#input = input;
    this.#fencingToken = fencingToken;
    const { process } = inboundProcess(dependencies, input.process);
    this.#mapping = mappingOf(process, input.type);
    if (this.#mapping.inbound === null) throw new RangeError(`${input.process} reads no ${input.type} back`);
    this.#inbound = this.#mapping.inbound;
  }

  async absorb(): Promise<Absorption> {
    const { orm } = this.#dependencies;
    const { key, type } = this.#input;
    const { process, source } = inboundProcess(this.#dependencies, this.#input.process);
    const [pair] = await loadPairs(orm, detectionOf(this.#dependencies, process, type), [key]);
    const linked = pair === undefined ? null : linkedEnds(pair);
    if (linked === null) return { key, kind: 'nothing', reason: 'the pair has not both ends', outboundDue: true };
    let remote: RemoteRecord | null;
    try {
      remote = await source.fetch({ type, remoteId: linked.remoteId }, key);
    } catch (error) {
      if (!(error instanceof SyncError) || error.errorClass !== 'rejected') throw error;
      return this.#park(linked, error.message);
    }
    return remote === null ? this.#gone(linked) : this.#compare(linked, remote);
  }

  /** A remote delete loses to an EMS edit, else the pair is unlinked; an EMS row is never deleted for it. */
  async #gone({ entity, record, pair }: LinkedPair): Promise<Absorption> {
    const { key } = this.#input;
    const mapped = this.#mapping.map(entity, pair.sources);
    const undelivered = mapped.kind === 'mapped' && !hasHash(mapped.content, record.contentHash);
    const edited = undelivered && hasChangedSince(entity, record);
    const state = edited ? 'PENDING' : 'UNLINKED';
    await writeGone(this.#dependencies.orm.em.fork(), { ...this.#input, fencingToken: this.#fencingToken }, state);
    return { key, kind: edited ? 'recreate' : 'unlinked', outboundDue: edited };
  }

  async #compare(linked: LinkedPair, remote: RemoteRecord): Promise<Absorption> {
    const { key, type } = this.#input;
    const { entity, record, pair } = linked;
    const rekeyed = remote.remoteId !== linked.remoteId;
    if (rekeyed) {
      const holder = await this.#holderOf(remote.remoteId);
      if (holder !== null) {
        const reason = `goes on as ${remote.remoteId}, which is ${type}/${holder}'s: decide which row it is (link, unlink)`;
        return this.#park(linked, reason);
      }
    }
    if (!rekeyed && isOlder(remote.modifiedOn, record.remoteSyncedOn)) {
      return { key, kind: 'nothing', reason: 'what was read is older than what is known', outboundDue: false };
    }
    const inboundCase = {
      owners: this.#mapping.owners,
      ems: this.#inbound.view(entity, pair.sources),
      remote: remote.content,
      base: record.base,
      keys: this.#dependencies.keys,
    };
    const emsChanged = hasChangedSince(entity, record);
    const decision = judgeInbound({ ...inboundCase, emsChanged, scope: this.#dependencies.conflictScope });
    return this.#dependencies.orm.em.fork().transactional(async (em) => {
      const messages =
        remote.messages === null
          ? { added: [], edited: [] }
          : await compareMessages(em, this.#input.process, remote.messages);
      const references = rekeyed ? await findReferences(em, this.#input.process, remote.references) : {};
      // Where it goes on may have been parked as a stranger's meanwhile.
      if (rekeyed) await forgetUnresolved(em, this.#input.process, type, remote.remoteId);
      const verdict: Verdict = { decision, drifted: driftedFields(inboundCase), messages, references };
      return this.#write(em, linked, remote, verdict);
    });
  }

  async #write(
    em: EntityManager,
    { entity, record, pair }: LinkedPair,
    remote: RemoteRecord,
    { decision, drifted, messages, references }: Verdict,
  ): Promise<Absorption> {
    const { process: name, type, key } = this.#input;
    const applied = fieldsToApply(decision);
    const resend = decision.kind === 'conflict' || drifted.length > 0;
    const common = {
      ...this.#input,
      fencingToken: this.#fencingToken,
      workflowId: pairWorkflowId(name, type, key),
      remoteId: remote.remoteId,
      remoteSyncedOn: remote.modifiedOn,
      base: baseWith(record.base, remote.content, this.#dependencies.keys),
    };

    const changedAtRemote = applied.length > 0 || resend;
    if (changedAtRemote && (await this.#isPingPong(em, remote.content))) {
      const reason = 'ping-pong: the remote came to the same state more than three times within an hour';
      const { modifiedOn } = entity;
      await writeAbsorbedRecord(em, { ...common, outcome: { kind: 'parked', reason, modifiedOn } });
      return { key, kind: 'parked', reason, outboundDue: false };
    }

    const changes = changedColumns(entity, { ...this.#inbound.apply(remote.content, applied, entity), ...references });
    const hasMessages = messages.added.length + messages.edited.length > 0;
    let { modifiedOn } = entity;
    if (hasMessages || Object.keys(changes).length > 0) {
      const written = await updateEmsRow(em, type, key, modifiedOn, changes);
      if (written === null) throw new EmsWasFaster();
      modifiedOn = written;
      await writeMessages(em, name, key, messages);
    }
    if (decision.kind === 'conflict') {
      const lost = Object.fromEntries(decision.lost.map((field) => [field, remote.content[field]]));
      const sealed = seal(lost, conflictSubject({ process: name, type, key }), this.#dependencies.keys);
      await writeConflict(em, { process: name, type, key, remoteId: remote.remoteId, fields: decision.lost, sealed });
    }
    const after = { entity: { ...entity, ...changes }, modifiedOn };
    const outcome = resend ? ({ kind: 'resend' } as const) : this.#outcome({ pair, record }, remote.content, after);
    await writeAbsorbedRecord(em, { ...common, outcome });
    const outboundDue = resend || !(outcome.kind === 'in-sync' || outcome.kind === 'delivered');
    return { key, outboundDue, ...told(decision, drifted, applied, hasMessages) };
  }

  /** Remembers what the remote has come to; true if it comes to the same again and again. */
  async #isPingPong(em: EntityManager, content: Content): Promise<boolean> {
    const earlier = await readOscillation(em, this.#input);
    const { states, pingPong } = noteOscillation(earlier, contentHash(content), Temporal.Now.instant());
    await writeOscillation(em, this.#input, states);
    return pingPong;
  }

  /** Whether both sides are equal now, which only a pair says whose last delivery is confirmed. */
  #outcome(
    { pair, record }: { readonly pair: Pair; readonly record: LinkedPair['record'] },
    remote: Content,
    after: { readonly entity: AnyRow; readonly modifiedOn: AnyRow['modifiedOn'] },
  ): AbsorbedRecord['outcome'] {
    const mapped = this.#mapping.map(after.entity, pair.sources);
    if (record.state !== 'IN_SYNC' || mapped.kind !== 'mapped') return { kind: 'open' };
    const { modifiedOn } = after;
    const before = pair.entity === null ? null : this.#mapping.map(pair.entity, pair.sources);
    const wasDelivered = before?.kind === 'mapped' && hasHash(before.content, record.contentHash);
    const fields = Object.keys(mapped.content);
    const readable = fields.filter((field) => Object.hasOwn(remote, field));
    const equal = readable.every((field) => isSame(mapped.content[field], remote[field]));
    if (equal && (wasDelivered || readable.length === fields.length)) {
      const { process } = inboundProcess(this.#dependencies, this.#input.process);
      const evaluated = { ...pair, modifiedOn, mappingVersion: `${process.mappingVersion}` };
      return {
        kind: 'in-sync',
        modifiedOn,
        contentHash: hasHash(mapped.content, record.contentHash)
          ? (record.contentHash ?? contentHash(mapped.content))
          : contentHash(mapped.content),
        sourcesVersion: knownSources(evaluated),
        mappingVersion: `${process.mappingVersion}`,
      };
    }
    return hasHash(mapped.content, record.contentHash) ? { kind: 'delivered', modifiedOn } : { kind: 'open' };
  }

  async #holderOf(remoteId: string): Promise<EntityKey | null> {
    const { process, type, key } = this.#input;
    const known = await findByRemoteIds(this.#dependencies.orm.em.fork(), process, type, [remoteId]);
    const holder = known.get(remoteId)?.key ?? null;
    return holder === key ? null : holder;
  }

  async #park({ entity, record, remoteId }: LinkedPair, reason: string): Promise<Absorption> {
    const { process, type, key } = this.#input;
    await writeAbsorbedRecord(this.#dependencies.orm.em.fork(), {
      ...this.#input,
      fencingToken: this.#fencingToken,
      workflowId: pairWorkflowId(process, type, key),
      remoteId,
      remoteSyncedOn: null,
      base: record.base ?? {},
      outcome: { kind: 'parked', reason, modifiedOn: entity.modifiedOn },
    });
    return { key, kind: 'parked', reason, outboundDue: false };
  }
}

interface Verdict {
  readonly decision: InboundDecision;
  readonly drifted: readonly string[];
  readonly messages: MessageChanges;
  readonly references: Changes;
}

/** Null: one end is missing, or the remote record is not this row's own. */
function linkedEnds(pair: Pair): LinkedPair | null {
  const { entity, record, passesFilter } = pair;
  if (entity === null || record === null || record.remoteId === null || !passesFilter) return null;
  if (['UNLINKED', 'SHARED', 'REMOVED', 'ERASED'].includes(record.state)) return null;
  return { entity, record, remoteId: record.remoteId, pair };
}

/** Told by the times alone: a row that was made from the remote, or absorbed from it, has not changed since. */
function hasChangedSince({ modifiedOn }: AnyRow, { entitySyncedOn }: LinkedPair['record']): boolean {
  return entitySyncedOn === null || modifiedOn !== entitySyncedOn;
}

/** A lagging read: the remote's own time is before the one that it has told us already. */
function isOlder(modifiedOn: string | null, known: Temporal.Instant | null): boolean {
  return modifiedOn !== null && known !== null && Temporal.Instant.compare(parseInstant(modifiedOn), known) < 0;
}

function fieldsToApply(decision: InboundDecision): readonly string[] {
  switch (decision.kind) {
    case 'unchanged':
      return [];
    case 'apply':
      return decision.fields;
    case 'conflict':
      return decision.apply;
  }
}

function changedColumns(row: AnyRow, changes: Changes): Changes {
  return Object.fromEntries(
    Object.entries(changes).filter(
      ([column, value]) => !isEqualColumn((row as Record<string, unknown>)[column], value),
    ),
  );
}

function isSame(left: Content[string], right: Content[string]): boolean {
  return JSON.stringify(canonicalForm(left)) === JSON.stringify(canonicalForm(right));
}

function told(decision: InboundDecision, drifted: readonly string[], applied: readonly string[], hasMessages: boolean) {
  if (decision.kind === 'conflict') return { kind: 'conflict', lost: decision.lost, applied } as const;
  const fields = hasMessages ? [...applied, 'messages'] : applied;
  if (fields.length > 0) return { kind: 'applied', fields } as const;
  return drifted.length > 0 ? ({ kind: 'drifted', fields: drifted } as const) : ({ kind: 'unchanged' } as const);
}
