package emssync.client;

import java.util.Map;

/**
 * The result of a pass that began after the request.
 *
 * @param outcome the pair's state now
 * @param delivery what the last pass did, for example {@code created} or {@code unchanged}: for logs, new words may be
 * added
 * @param reason the reason, if the outcome has one; else null. Contains field names, ids and error classes, no values
 */
public record SyncResult(SyncOutcome outcome, String delivery, String reason) {

  /** Reads a worker's answer and ignores unknown properties. */
  static SyncResult of(Map<?, ?> answer) {
    String word = text(answer.get("outcome"));
    SyncOutcome outcome = SyncOutcome.of(word);
    String reason = text(answer.get("reason"));
    if (outcome == SyncOutcome.UNKNOWN) {
      reason = "a newer worker says " + word + (reason == null ? "" : ": " + reason);
    }
    return new SyncResult(outcome, text(answer.get("delivery")), reason);
  }

  /** Whether the request succeeded, or there was nothing to do; the command line uses the same rule. */
  public boolean isDone() {
    return outcome == SyncOutcome.IN_SYNC || outcome == SyncOutcome.REMOVED || outcome == SyncOutcome.NOTHING;
  }

  private static String text(Object value) {
    return value == null ? null : value.toString();
  }
}
