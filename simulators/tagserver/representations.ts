import { createHash } from 'node:crypto';
import { type ResourceContent, resourceTypes } from './resource-types.ts';
import type { Row } from './store.ts';

export const etagOf = (row: Row): string => `"v${row.version}"`;

export const contentOf = (row: Row): ResourceContent | null => (row.content === null ? null : JSON.parse(row.content));

const meta = (row: Row) => ({
  type: row.type,
  externalId: row.id,
  version: row.version,
  sequence: row.sequence,
  contentHash: row.hash,
  sourceVersion: row.sourceVersion,
  createdAt: row.createdAt,
  changedAt: row.changedAt,
  changedBy: { clientId: row.clientId, requestId: row.requestId },
});

/** The contract's Envelope; without `data` for `fields=hash`. */
export const envelope = (row: Row, fields: 'full' | 'hash' = 'full') =>
  fields === 'hash' ? meta(row) : { ...meta(row), data: contentOf(row) };

export const tombstone = (row: Row) => ({ ...meta(row), deletedAt: row.deletedAt });

/** An item of a list, in its current state. */
export const listItem = (row: Row, fields: 'full' | 'hash') =>
  row.deletedAt === null ? envelope(row, fields) : tombstone(row);

/** An entry of the change feed. */
export const change = (row: Row) =>
  row.deletedAt === null
    ? { op: 'upsert', ...meta(row), data: contentOf(row) }
    : { op: 'delete', ...meta(row), data: null };

/** RFC 9530. */
export const reprDigest = (body: string): string => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;

/** All resources by type and id, for tests to inspect. */
export function stateByType(rows: readonly Row[]): Record<string, Record<string, unknown>> {
  const state: Record<string, Record<string, unknown>> = Object.fromEntries(resourceTypes.map((type) => [type, {}]));
  for (const row of rows) {
    const { type, externalId, ...rest } = meta(row);
    const data = row.deletedAt === null ? contentOf(row) : null;
    (state[type] ??= {})[externalId] = { ...rest, data, deletedAt: row.deletedAt };
  }
  return state;
}
