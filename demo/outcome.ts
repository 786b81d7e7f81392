import type { Status } from '../clients/status.ts';

/** The result of a demo with `--once`. */
export interface Outcome extends Status {
  /** Since the demo was started. */
  readonly seconds: number;
}

/**
 * The last line of standard output. `inStep` is true only if the content was found equal as well: our own records alone
 * prove nothing.
 */
export function outcomeLine(status: Status | null, verified: boolean, elapsedMs: number): string {
  const outcome: Outcome = {
    inStep: status !== null && status.inStep && verified,
    parked: status?.parked ?? 0,
    unlinked: status?.unlinked ?? 0,
    held: status?.held ?? [],
    processes: status?.processes ?? {},
    seconds: Math.round(elapsedMs / 100) / 10,
  };
  return JSON.stringify(outcome);
}
