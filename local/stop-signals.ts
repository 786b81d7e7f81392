import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * npm, `run.mjs` and the terminal each pass one Ctrl-C on, so it arrives up to three times; a person who presses it
 * again takes longer than this.
 */
const ECHO_MS = 1_000;

/**
 * Calls `stop` once when this process is told to end, then exits with 128 + the signal's number. A second request,
 * later than the echoes of the first, exits at once; the children are then ended by their own watchers.
 * Returns a function that takes the handlers away again.
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
