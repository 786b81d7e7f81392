package emssync.client;

/**
 * What came of one id among many.
 *
 * @param id of the EMS row
 * @param result what came of it; null if nobody waited for it, or if there is a failure
 * @param failure why it could not be asked for, or was not answered; null if all went well
 */
public record SyncAnswer(long id, SyncResult result, EmsSyncException failure) {

  /** Whether it could not be asked for, or was not answered. What an answer says is told by {@link #result}. */
  public boolean hasFailed() {
    return failure != null;
  }
}
