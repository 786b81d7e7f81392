/**
 * What an error means for the pair that met it.
 *
 * - transient: try again with back-off (`Retry-After` obeyed).
 * - target-down: the target cannot be reached; its sweep stops feeding it, the others go on.
 * - contract: the answer does not fit the target's contract; tried again, after five attempts the entity is parked.
 * - rejected: this content will never pass: parked until the entity or the mapping changes.
 * - bug: ours; retried, and loud.
 */
export const ERROR_CLASSES = ['transient', 'target-down', 'contract', 'rejected', 'bug'] as const;

export type ErrorClass = (typeof ERROR_CLASSES)[number];

export function isErrorClass(name: string | null | undefined): name is ErrorClass {
  return (ERROR_CLASSES as readonly string[]).includes(name ?? '');
}

/** The failure type of a request for a process or type that does not exist: the run ends red at once. */
export const UNKNOWN_PAIR = 'unknown-pair';

/** Attempts after which a pair is said to be failing (and, for a contract error, parked) instead of merely retried. */
export const ATTEMPTS_BEFORE_FAILING = 5;
