import { advanceCursor, readCursor } from '../database/records/cursors.ts';
import type { EntityRef } from '../sync/entity-type.ts';
import { formatInstant, parseInstant, type Instant } from '../sync/instant.ts';
import type { MalformedRecord, RemoteRecord, RemoteRef } from '../targets/inbound-source.ts';
import { withoutUnstorable } from '../targets/unstorable.ts';
import type { ChangedPage, FindChangedInput } from './changed-page.ts';
import { classifyRecords } from './classify-records.ts';
import { inboundSource, processContext, typeContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';
import { findConsentChanges } from './find-consent-changes.ts';
import { findMissing } from './find-missing.ts';
import { parkMalformedRecords } from './park-malformed-records.ts';

/**
 * The next page of changes at the remote since the cursor minus the overlap. Known changes (bounce-backs, and changes
 * of unmapped fields) get no child workflow; only their times are touched.
 *
 * @throws SyncError if the page cannot be read: an invalid answer is not an empty page.
 */
export async function findChanged(dependencies: Dependencies, input: FindChangedInput): Promise<ChangedPage> {
  const { process, type, scope, page } = input;
  const context = processContext(dependencies, input);
  const cursor = await readCursor(context.orm.em.fork(), { process, type, scope });
  const { consent } = context.remote;
  if (consent !== undefined) {
    const since = sinceOf(cursor, consent.overlapMs);
    return findConsentChanges(typeContext(context, type), consent, { scope, page, since });
  }
  const source = inboundSource(context);
  const listed = await source.list({ type, scope, since: sinceOf(cursor, source.overlapMs), page });
  const records = withoutUnstorable(listed.records);
  const wellFormed = records.filter((record): record is RemoteRecord => !('malformed' in record));
  const malformed = records.filter((record): record is MalformedRecord => 'malformed' in record);
  const all = wellFormed.flatMap((record) => [record, ...record.related]);
  const pairs: EntityRef[] = [];
  const unknown: RemoteRef[] = [];
  for (const [ofType, ones] of Map.groupBy(all, (record) => record.type)) {
    const found = await classifyRecords(typeContext(context, ofType), uniqueRecords(ones));
    pairs.push(...found.keys.map((key) => ({ type: ofType, key })));
    unknown.push(...found.unknown.map((remoteId) => ({ type: ofType, remoteId })));
    malformed.push(...found.malformed);
  }
  await parkMalformedRecords(context, malformed);
  const missing = await findMissing(context, input, listed);
  pairs.push(...missing.pairs);
  return {
    listed: all.length,
    pairs,
    // A related record is created together with the record it came with.
    unknown: unknown.filter((ref) => !comesWithUnknown(ref, unknown, wellFormed)),
    malformed: malformed.length,
    held: missing.held,
    next: listed.next,
    seenUpTo: listed.seenUpTo,
  };
}

const sinceOf = (cursor: Instant | null, overlapMs: number) =>
  cursor === null ? null : formatInstant(cursor.subtract({ milliseconds: overlapMs }));

export type AdvanceInput = Omit<FindChangedInput, 'page'> & { readonly seenUpTo: string };

/** Moves the cursor: the last page of a scope was read, and a workflow holds every change in it. */
export async function advance({ orm }: Dependencies, { process, type, scope, seenUpTo }: AdvanceInput): Promise<void> {
  await advanceCursor(orm.em.fork(), { process, type, scope }, parseInstant(seenUpTo));
}

function uniqueRecords(records: readonly RemoteRecord[]): RemoteRecord[] {
  return [...new Map(records.map((record) => [record.remoteId, record])).values()];
}

function comesWithUnknown(ref: RemoteRef, unknown: readonly RemoteRef[], records: readonly RemoteRecord[]): boolean {
  const isUnknown = ({ type, remoteId }: RemoteRef) =>
    unknown.some((other) => other.type === type && other.remoteId === remoteId);
  return records.some(
    (record) =>
      isUnknown(record) && record.related.some(({ type, remoteId }) => type === ref.type && remoteId === ref.remoteId),
  );
}
