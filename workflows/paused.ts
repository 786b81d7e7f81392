import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { PAUSED } from '../sync/pause.ts';

/** How often a workflow that must keep its work looks whether the process has been resumed. */
export const LOOK_WHEN_PAUSED = '1 minute';

/** Why an activity was not begun: an operator has paused the process. Null: the error is another one. */
export function pauseIn(error: unknown): string | null {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure && cause.type === PAUSED ? cause.message : null;
}
