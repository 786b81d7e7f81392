import { waitUntil } from '../wait-until.ts';

/** Checks the condition repeatedly for at most a minute. @throws Error if it does not hold in time */
export const eventually = (holds: () => boolean | Promise<boolean>): Promise<boolean> =>
  waitUntil({ what: 'what the test waits for', stillMs: 60_000, atMostMs: 60_000, pauseMs: 20 }, holds);
