import type { Status } from '../clients/status.ts';

/** What a demo with `--once` ends with. */
export interface Outcome extends Status {
  /** Since the demo was started. */
  readonly seconds: number;
}

/**
 * The last line of standard output. `inStep` is true only if the content was found equal as well: in step by our own
 * records alone is what is being tried here.
 */
export function outcomeLine(status: Status | null, verified: boolean, elapsedMs: number): string {
  const outcome: Outcome = {
    inStep: status !== null && status.inStep && verified,
    processes: status?.processes ?? {},
    seconds: Math.round(elapsedMs / 100) / 10,
  };
  return JSON.stringify(outcome);
}
