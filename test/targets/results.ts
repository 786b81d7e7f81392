import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../../targets/remote-system.ts';
import type { Known } from './records.ts';

export type Sent = Extract<SendResult, { kind: 'sent' }>;

/** Further properties of a request. */
export type More = Partial<SendRequest> & Known;

export function asSent(result: SendResult | Error | undefined): Sent {
  if (result instanceof Error) throw result;
  if (result?.kind === 'sent') return result;
  throw new Error(`it was not sent: ${JSON.stringify(result)}`);
}

/** The error that a call failed with. */
export async function failureOf(call: Promise<unknown>): Promise<SyncError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
  throw new Error('the call succeeded');
}

/** Messages and stacks of an error and its causes: more than histories and records contain. */
function textsOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  return [error.message, error.stack, textsOf(error.cause)].join('\n');
}

/** The error of each of these calls, one after another. @throws Error if one contains a word of `secrets`. */
export async function failuresOf(
  calls: readonly (() => Promise<unknown>)[],
  secrets: readonly string[],
): Promise<readonly SyncError[]> {
  const failures: SyncError[] = [];
  for (const call of calls) {
    const failure = await failureOf(call());
    const told = secrets.filter((word) => textsOf(failure).includes(word));
    if (told.length > 0) throw new Error(`a failure tells ${told.join(', ')}: ${failure.message}`);
    failures.push(failure);
  }
  return failures;
}
