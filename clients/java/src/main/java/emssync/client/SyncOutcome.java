package emssync.client;

import java.util.Arrays;

/** How a pair of EMS row and remote record stands after a pass; the words of {@code sync/sync-outcome.ts}. */
public enum SyncOutcome {
  /** The target holds what EMS holds. */
  IN_SYNC,
  /** The row does not belong at the target (any more), and is not there. */
  REMOVED,
  /** Another row's remote record stands for this one. */
  SHARED,
  /** Unlinked by an operator, or gone at the target. */
  UNLINKED,
  /** Another row has to be there first; the reason names it. It goes on by itself. */
  WAITING,
  /** This content can never pass, or a human has to decide; the reason says why. */
  PARKED,
  /** Consent forbids it; the reason says which. */
  SUPPRESSED,
  /** Erased by command; nothing is sent of it any more. */
  ERASED,
  /** The target did not take it so far; retries go on by themselves for a day. */
  FAILING,
  /** Begun, and not at its end yet. */
  PENDING,
  /** EMS has no such row, and the target nothing of it: there was nothing to do. */
  NOTHING,
  /** A word of a newer worker; {@link SyncResult#reason} tells it. Update this library to have it by name. */
  UNKNOWN;

  static SyncOutcome of(String word) {
    return Arrays.stream(values()).filter(outcome -> outcome.name().equals(word)).findFirst().orElse(UNKNOWN);
  }
}
