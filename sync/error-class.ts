/**
 * What an error means for the pair it occurred on.
 *
 * - transient: retried with back-off (respecting `Retry-After`).
 * - target-down: the target cannot be reached; its sweep stops feeding it, the others continue.
 * - contract: the answer breaks the target's contract; retried, and after five attempts the entity is parked.
 * - rejected: this content will never pass: parked until the entity or the mapping changes.
 * - bug: our own error; retried, and clearly visible.
 */
export const ERROR_CLASSES = ['transient', 'target-down', 'contract', 'rejected', 'bug'] as const;

export type ErrorClass = (typeof ERROR_CLASSES)[number];

export function isErrorClass(name: string | null | undefined): name is ErrorClass {
  return (ERROR_CLASSES as readonly string[]).includes(name ?? '');
}

/** The failure type of a request for an unknown process or type: the run fails at once. */
export const UNKNOWN_PAIR = 'unknown-pair';

/** Attempts after which a pair is reported as failing (and, for a contract error, parked) instead of only retried. */
export const ATTEMPTS_BEFORE_FAILING = 5;
