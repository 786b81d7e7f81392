package emssync.client;

import java.util.Map;

/**
 * What a pass that began after the request has brought.
 *
 * @param outcome how the pair stands now
 * @param delivery what the last pass did, for example {@code created} or {@code unchanged}: for logs, further words may come
 * @param reason why, where the outcome has a reason; else null. Field names, ids and error classes, no values
 */
public record SyncResult(SyncOutcome outcome, String delivery, String reason) {

  /** Reads a worker's answer: what it does not know it skips. */
  static SyncResult of(Map<?, ?> answer) {
    String word = text(answer.get("outcome"));
    SyncOutcome outcome = SyncOutcome.of(word);
    String reason = text(answer.get("reason"));
    if (outcome == SyncOutcome.UNKNOWN) {
      reason = "a newer worker says " + word + (reason == null ? "" : ": " + reason);
    }
    return new SyncResult(outcome, text(answer.get("delivery")), reason);
  }

  /** Whether what was asked for has come about, or there was nothing to do; the command line counts the same. */
  public boolean isDone() {
    return outcome == SyncOutcome.IN_SYNC || outcome == SyncOutcome.REMOVED || outcome == SyncOutcome.NOTHING;
  }

  private static String text(Object value) {
    return value == null ? null : value.toString();
  }
}
