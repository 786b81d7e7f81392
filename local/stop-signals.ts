import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * npm, `run.mjs` and the terminal each forward one Ctrl-C, so it arrives up to three times. A second key press takes
 * longer than this.
 */
const ECHO_MS = 1_000;

/**
 * Calls `stop` once when a signal asks this process to end, then exits with 128 + the signal's number. A second signal
 * exits at once; watchers then end the children. Returns a function that removes the handlers.
 */
export function onStopSignal(stop: (signal: NodeJS.Signals) => Promise<void> | void): () => void {
  let firstAt: number | undefined;
  const handler = (signal: NodeJS.Signals): void => {
    const code = 128 + constants.signals[signal];
    if (firstAt !== undefined) {
      if (Date.now() - firstAt > ECHO_MS) process.exit(code);
      return;
    }
    firstAt = Date.now();
    void (async () => {
      try {
        await stop(signal);
      } catch (error) {
        console.error(error);
      }
      process.exit(code);
    })();
  };
  for (const signal of SIGNALS) process.on(signal, handler);
  return () => {
    for (const signal of SIGNALS) process.off(signal, handler);
  };
}
