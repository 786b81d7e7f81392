import { PausedError, SyncError } from '../sync/sync-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import type { SyncProcess } from '../targets/sync-process.ts';
import { processContext } from './context.ts';
import type { Dependencies } from './dependencies.ts';

export type ProbeResult =
  | {
      readonly up: true;
      /** So many children a second may deliver within their own workflow task; left out: none. */
      readonly inlinePerSecond?: number;
    }
  /** `reason` says what is wrong in an operator's words. */
  | { readonly up: false; readonly reason: string };

/** Checks whether the target can be used now. A target that is down is a result, not a failure. @throws PausedError */
export async function probeTarget(
  dependencies: Dependencies,
  input: { readonly process: SyncProcessName },
): Promise<ProbeResult> {
  try {
    const { process, remote } = processContext(dependencies, input);
    await dependencies.assertOwnAccount(input.process);
    await remote.probe();
    return { up: true, ...inlineRate(process) };
  } catch (error) {
    if (!(error instanceof SyncError) || error instanceof PausedError) throw error;
    // A target that throttles or fails occasionally is up: its pairs are retried one by one.
    return error.errorClass === 'target-down' ? { up: false, reason: error.message } : { up: true };
  }
}

/** Of the half that is set aside: a scheduled sweep and a requested one may run at the same time. */
function inlineRate({ limits: { inline, callsPerSecond } }: SyncProcess): { readonly inlinePerSecond?: number } {
  return inline === true ? { inlinePerSecond: Math.floor(callsPerSecond / 4) } : {};
}
