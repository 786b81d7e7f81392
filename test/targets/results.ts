import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../../targets/remote-system.ts';
import type { Known } from './records.ts';

export type Sent = Extract<SendResult, { kind: 'sent' }>;

/** What a test says of a request beyond whose it is and what is in it. */
export type More = Partial<SendRequest> & Known;

export function asSent(result: SendResult | Error | undefined): Sent {
  if (result instanceof Error) throw result;
  if (result?.kind === 'sent') return result;
  throw new Error(`it was not sent: ${JSON.stringify(result)}`);
}

/** What a call failed with. */
export async function failureOf(call: Promise<unknown>): Promise<SyncError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
  throw new Error('the call succeeded');
}
