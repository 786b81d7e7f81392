import { z } from 'zod';
import { SyncError } from '../../sync/sync-error.ts';

/** What we read of TagServer's answers; further fields are welcome, these are promised. */
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
export const page = z.object({ items: z.array(envelope), nextCursor: z.string().nullable() });

export const problem = z.object({
  code: z.string(),
  title: z.string().optional(),
  errors: z.array(z.object({ pointer: z.string(), code: z.string() })).optional(),
});

export type Problem = z.infer<typeof problem>;

/**
 * Reads an answer that must have a shape.
 *
 * @throws SyncError of class `contract`, naming the field, if it has another: the answer is not trusted, whatever its status.
 */
export function readAnswer<T>(schema: z.ZodType<T>, body: string, what: string): T {
  const parsed = schema.safeParse(parseJson(body));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue === undefined || issue.path.length === 0 ? 'body' : issue.path.join('.');
  throw new SyncError('contract', `TagServer's answer to ${what} does not fit the contract at ${field}`, {
    code: 'contract',
    field,
  });
}

/** The problem of an answer with an error status, or null if the body is none (a proxy's page, say). */
export function readProblem(body: string): Problem | null {
  const parsed = problem.safeParse(parseJson(body));
  return parsed.success ? parsed.data : null;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
