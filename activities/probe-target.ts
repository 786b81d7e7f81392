import { PausedError, SyncError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { processContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';

export type ProbeResult =
  | { readonly up: true }
  /** `reason` says what is wrong in an operator's words. */
  | { readonly up: false; readonly reason: string };

/** Checks whether the target can be used now. A target that is down is a result, not a failure. @throws PausedError */
export async function probeTarget(
  dependencies: Dependencies,
  input: { readonly process: SyncProcessName },
): Promise<ProbeResult> {
  try {
    const { remote } = processContext(dependencies, input);
    await dependencies.assertOwnAccount(input.process);
    await remote.probe();
    return { up: true };
  } catch (error) {
    if (!(error instanceof SyncError) || error instanceof PausedError) throw error;
    // A target that throttles or fails occasionally is up: its pairs are retried one by one.
    return error.errorClass === 'target-down' ? { up: false, reason: error.message } : { up: true };
  }
}
