import { z } from 'zod';
import { MOST_ITEMS, readBody } from '../answer.ts';

/** What we read of TagServer's answers. The contract guarantees these fields; others are ignored. */
const meta = z.object({
  externalId: z.string(),
  version: z.int().min(1),
  contentHash: z.string().regex(/^sha256:[0-9a-f]{64}$/),
  sourceVersion: z.int().min(0).nullish(),
  changedAt: z.iso.datetime(),
});

export const writeResult = meta.extend({ outcome: z.enum(['created', 'updated', 'unchanged']) });
export const envelope = meta.extend({ data: z.record(z.string(), z.unknown()) });
export const tombstone = meta;
export const page = z.object({
  items: z.array(envelope).max(MOST_ITEMS),
  nextCursor: z.string().max(1_000).nullable(),
});

/** A page whose items are not read. */
export const anyPage = z.object({ items: z.array(z.unknown()) });

/** The contract's closed list. Any other code is untrusted text and is not reported. */
const CODES = [
  'invalid-json',
  'invalid-data',
  'unknown-reference',
  'not-found',
  'gone',
  'precondition-failed',
  'precondition-required',
  'stale-source-version',
  'duplicate-tag',
  'duplicate-bib',
  'has-dependents',
  'batch-too-large',
  'idempotency-conflict',
  'idempotency-in-progress',
  'cursor-invalid',
  'cursor-expired',
  'unauthorised',
  'forbidden',
  'rate-limited',
  'unavailable',
] as const;

const problem = z.object({
  code: z.string().transform((code) => CODES.find((known) => known === code) ?? null),
  errors: z.array(z.object({ pointer: z.string() })).optional(),
});

/** What is reported of a refusal: never its text. */
export interface Problem {
  /** Null: a code that is not in the contract. */
  readonly code: (typeof CODES)[number] | null;
  /** The fields of our request that it names. */
  readonly fields: readonly string[];
}

/**
 * Reads the problem in an answer with an error status.
 *
 * @param sent the body of the request: only its fields are reported.
 * @returns null if the body is not a problem (a proxy's page, for example).
 */
export function readProblem(body: string, sent: object = {}): Problem | null {
  const found = readBody(problem, body);
  if (found === null) return null;
  // `/eventParticipantId` → `eventParticipantId`.
  const fields = (found.errors ?? []).map(({ pointer }) => pointer.slice(pointer.lastIndexOf('/') + 1));
  return { code: found.code, fields: [...new Set(fields)].filter((field) => Object.hasOwn(sent, field)) };
}
