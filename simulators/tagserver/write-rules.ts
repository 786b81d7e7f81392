import { contentHash } from './canonical-json.ts';
import { type FieldError, Problem } from './problem.ts';
import { contentOf, etagOf } from './representations.ts';
import { type ResourceContent, type ResourceType, references } from './resource-types.ts';
import type { Row, Store } from './store.ts';

/** One write and its sender. */
export interface Write {
  readonly type: ResourceType;
  readonly id: string;
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  /** The number of the sender's attempt; absent = not compared. */
  readonly sourceVersion?: number | undefined;
  readonly clientId: string;
  readonly requestId: string | null;
  /** RFC 3339. */
  readonly now: string;
}

export interface Upserted {
  readonly outcome: 'created' | 'updated' | 'unchanged';
  readonly row: Row;
}

/**
 * Creates or replaces. Refuses in this order: a failed precondition, a stale attempt, a reference without a live
 * resource, a bib or tag code that is taken. Content that is already stored creates no new version or sequence.
 */
export function upsert(store: Store, write: Write, content: ResourceContent): Upserted {
  const stored = store.find(write.type, write.id);
  const live = stored?.deletedAt === null ? stored : undefined;
  checkPreconditions(write, live);
  checkSourceVersion(write, stored);

  const hash = contentHash(content);
  if (live !== undefined && live.hash === hash) return { outcome: 'unchanged', row: raised(store, write, live) };
  checkReferences(store, write, content);
  checkDuplicates(store, write, content);

  const row = store.save({
    type: write.type,
    id: write.id,
    version: (stored?.version ?? 0) + 1,
    sourceVersion: write.sourceVersion ?? stored?.sourceVersion ?? null,
    hash,
    content: JSON.stringify(content),
    createdAt: live?.createdAt ?? write.now,
    changedAt: write.now,
    clientId: write.clientId,
    requestId: write.requestId,
    deletedAt: null,
  });
  return { outcome: live === undefined ? 'created' : 'updated', row };
}

/**
 * Deletes a resource, with `cascade` its dependents first. For a resource that is already gone, or never existed, only
 * the attempt's number is stored. Returns the tombstone, if there is one.
 */
export function remove(store: Store, write: Write, { cascade }: { readonly cascade: boolean }): Row | undefined {
  const stored = store.find(write.type, write.id);
  if (stored === undefined && write.sourceVersion === undefined) return undefined;
  if (stored !== undefined && stored.deletedAt !== null) return raised(store, write, stored);

  if (stored !== undefined) {
    checkPreconditions(write, stored);
    checkSourceVersion(write, stored);
    const dependents = store.dependents(write.type, write.id);
    if (dependents.length > 0 && !cascade) throw hasDependents(write, dependents);
    for (const { type, id } of dependents) {
      const { clientId, requestId, now } = write;
      remove(store, { type, id, clientId, requestId, now }, { cascade });
    }
  }
  return store.save({
    type: write.type,
    id: write.id,
    version: (stored?.version ?? 0) + 1,
    sourceVersion: write.sourceVersion ?? stored?.sourceVersion ?? null,
    hash: stored?.hash ?? contentHash(null),
    content: stored?.content ?? null,
    createdAt: stored?.createdAt ?? write.now,
    changedAt: write.now,
    clientId: write.clientId,
    requestId: write.requestId,
    deletedAt: write.now,
  });
}

/** RFC 7396 for flat content: null removes, which here equals null. Not yet checked against the schema. */
export const merged = (stored: Row, patch: Readonly<Record<string, unknown>>): Record<string, unknown> => ({
  ...contentWithoutNulls(stored),
  ...patch,
});

const contentWithoutNulls = (row: Row): Record<string, unknown> =>
  Object.fromEntries(Object.entries(contentOf(row) ?? {}).filter(([, value]) => value !== null));

/** Throws Problem `precondition-failed`. `live` is absent if the resource does not exist or is a tombstone. */
export function checkPreconditions(write: Write, live: Row | undefined): void {
  const current = live === undefined ? 'does not exist' : `is at ${etagOf(live)}`;
  if (write.ifMatch !== undefined && !names(write.ifMatch, live)) {
    throw new Problem('precondition-failed', `If-Match is ${write.ifMatch}, but ${name(write)} ${current}.`);
  }
  if (write.ifNoneMatch !== undefined && names(write.ifNoneMatch, live)) {
    throw new Problem('precondition-failed', `If-None-Match is ${write.ifNoneMatch}, but ${name(write)} ${current}.`);
  }
}

const names = (tags: string, live: Row | undefined): boolean =>
  live !== undefined && tags.split(',').some((tag) => tag.trim() === '*' || tag.trim() === etagOf(live));

function checkSourceVersion(write: Write, stored: Row | undefined): void {
  const known = stored?.sourceVersion ?? null;
  if (known === null || write.sourceVersion === undefined || write.sourceVersion >= known) return;
  throw new Problem(
    'stale-source-version',
    `${name(write)} was last written by attempt ${known}; attempt ${write.sourceVersion} came too late.`,
  );
}

/** Raises the stored number but never lowers it; otherwise a late delete of a deleted resource would let stale writes pass. */
function raised(store: Store, write: Write, row: Row): Row {
  const higher = write.sourceVersion !== undefined && write.sourceVersion > (row.sourceVersion ?? -1);
  return higher ? store.setSourceVersion(row, write.sourceVersion) : row;
}

function checkReferences(store: Store, write: Write, content: ResourceContent): void {
  const errors: FieldError[] = [];
  for (const [property, id] of Object.entries(content)) {
    const type = references[property];
    if (type === undefined || typeof id !== 'string' || store.find(type, id)?.deletedAt === null) continue;
    errors.push({ pointer: `/${property}`, code: 'unknown-reference', detail: `${type}/${id} does not exist.` });
  }
  if (errors.length === 0) return;
  throw new Problem('unknown-reference', `${name(write)} refers to what does not exist; write that first.`, { errors });
}

function checkDuplicates(store: Store, write: Write, content: ResourceContent): void {
  const { raceId, bib, eventId, code } = content;
  if (write.type === 'event-participants' && typeof bib === 'string') {
    refuseOther(write, store.holderOfBib(String(raceId), bib), 'duplicate-bib', 'bib');
  }
  if (write.type === 'tags') {
    refuseOther(write, store.holderOfCode(String(eventId), String(code)), 'duplicate-tag', 'code');
  }
}

function refuseOther(
  write: Write,
  holder: Row | undefined,
  code: 'duplicate-bib' | 'duplicate-tag',
  property: string,
): void {
  if (holder === undefined || holder.id === write.id) return;
  const detail = `Held by ${holder.type}/${holder.id}.`;
  throw new Problem(code, `${name(write)} cannot have this ${property}. ${detail}`, {
    errors: [{ pointer: `/${property}`, code, detail }],
  });
}

function hasDependents(write: Write, dependents: readonly Row[]): Problem {
  const some = dependents.slice(0, 5).map((row) => `${row.type}/${row.id}`);
  return new Problem(
    'has-dependents',
    `${dependents.length} live resources refer to ${name(write)}, for example ${some.join(', ')}. Delete them first, or ask for cascade=true.`,
  );
}

const name = ({ type, id }: Pick<Write, 'type' | 'id'>): string => `${type}/${id}`;
