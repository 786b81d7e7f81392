package emssync.client;

import java.util.Arrays;

/** The state of a pair of EMS row and remote record after a pass, in the words of {@code sync/sync-outcome.ts}. */
public enum SyncOutcome {
  /** The target has EMS's state. */
  IN_SYNC,
  /** The row does not belong on the target (any more), and is not there. */
  REMOVED,
  /** Another row's remote record represents this one. */
  SHARED,
  /** Unlinked by an operator, or deleted at the target. */
  UNLINKED,
  /** Another row must be there first; the reason names it. Continues on its own. */
  WAITING,
  /** This content can never pass, or a human must decide; the reason says why. */
  PARKED,
  /** Consent forbids it; the reason says which. */
  SUPPRESSED,
  /** Erased by command; nothing is sent any more. */
  ERASED,
  /** The target has not accepted it so far; retries continue for a day. */
  FAILING,
  /** An operator has paused the process; what EMS has changed is sent once it is resumed. */
  PAUSED,
  /** Started, and not yet finished. */
  PENDING,
  /** Neither EMS nor the target has such a row, so there was nothing to do. */
  NOTHING,
  /** An outcome of a newer worker; {@link SyncResult#reason} contains it. Update this library to get it by name. */
  UNKNOWN;

  static SyncOutcome of(String word) {
    return Arrays.stream(values()).filter(outcome -> outcome.name().equals(word)).findFirst().orElse(UNKNOWN);
  }
}
