package emssync.client;

/**
 * The answer for one id among many.
 *
 * @param id of the EMS row
 * @param result the result; null if there was no waiting, or if there is a failure
 * @param failure why the request failed or was not answered; null on success
 */
public record SyncAnswer(long id, SyncResult result, EmsSyncException failure) {

  /** Whether the request failed or was not answered. For the outcome of an answered one see {@link #result}. */
  public boolean hasFailed() {
    return failure != null;
  }
}
