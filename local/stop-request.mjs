// Plain JavaScript for any Node from 18 on: set-up and run.mjs use it.
import { constants } from 'node:os';

const SIGNALS = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * Calls `onStop` for each signal that asks this process to end, and with SIGTERM when the npm that started it is gone:
 * npm starts us through a shell, and a SIGTERM to npm ends that shell without telling us.
 *
 * @param {(signal: NodeJS.Signals) => void} onStop
 * @returns {() => void} removes the handlers
 */
export function onStopRequest(onStop) {
  for (const signal of SIGNALS) process.on(signal, onStop);
  const parent = process.ppid;
  const timer =
    process.env.npm_lifecycle_event === undefined
      ? undefined
      : setInterval(() => process.ppid !== parent && onStop('SIGTERM'), 1_000);
  timer?.unref();
  return () => {
    for (const signal of SIGNALS) process.off(signal, onStop);
    clearInterval(timer);
  };
}

/**
 * The exit code of a program that was ended by a signal, as a shell reports it.
 *
 * @param {string | null} signal
 */
export function exitCodeOf(signal) {
  return 128 + (Object.entries(constants.signals).find(([name]) => name === (signal ?? 'SIGTERM'))?.[1] ?? 0);
}
