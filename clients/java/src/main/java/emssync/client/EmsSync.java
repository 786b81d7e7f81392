package emssync.client;

import io.temporal.client.WorkflowClient;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * Requests synchronisation on demand. EMS opens one instance and keeps it while it runs; it is thread-safe.
 *
 * <p>A request names a sync process, an entity type and the id of a row. The worker reads the row itself, so EMS must
 * <strong>commit first, then request</strong>. Requests are idempotent: while a row is being synced, any number of
 * requests lead to one more pass afterwards. A lost request does no harm, because sweeps find every row that differs.
 *
 * <pre>{@code
 * try (EmsSync sync = EmsSync.connect(EmsSyncOptions.fromEnvironment().build())) {
 *   sync.sync("RUNSIGNUP", "Person", 4711); // returns as soon as Temporal has it
 *   SyncResult result = sync.syncAndWait("RUNSIGNUP", "Person", 4711, Duration.ofSeconds(30));
 *   System.out.println(result.outcome()); // for example IN_SYNC
 * }
 * }</pre>
 */
public final class EmsSync implements AutoCloseable {

  /** With less time left than this, the pass is requested without waiting for its result. */
  private static final long TURN_MILLIS = 250;

  private final TemporalConnection connection;
  private final PairRequests requests;
  private final EmsSyncOptions options;

  private EmsSync(TemporalConnection connection, EmsSyncOptions options) {
    this.connection = connection;
    this.options = options;
    this.requests = new PairRequests(connection, options.taskQueue);
  }

  /**
   * Connects, and waits until Temporal answers.
   *
   * @throws EmsSyncException.Unreachable if it does not within {@code connectTimeout}
   * @throws EmsSyncException.Refused if it does not accept our API key
   * @throws EmsSyncException.BadArgument if a certificate cannot be read
   */
  public static EmsSync connect(EmsSyncOptions options) {
    EmsSync sync = connectLazily(options);
    try {
      sync.connection.awaitReachable(TimeLimit.of(options.connectTimeout));
      return sync;
    } catch (RuntimeException error) {
      sync.close();
      throw error;
    }
  }

  /**
   * Like {@link #connect}, but connects with the first request, for an EMS that must start while Temporal is
   * unavailable.
   *
   * @throws EmsSyncException.BadArgument if a certificate cannot be read
   */
  public static EmsSync connectLazily(EmsSyncOptions options) {
    return new EmsSync(TemporalConnection.of(options), options);
  }

  /**
   * Uses the connection, namespace, interceptors and context propagators of an existing client, which EMS must close
   * itself.
   */
  public static EmsSync over(WorkflowClient client) {
    return over(client, EmsSyncOptions.builder().build());
  }

  /**
   * The same with options.
   *
   * @param options only task queue, codec key, {@code requestTimeout} and {@code parallel} are used
   */
  public static EmsSync over(WorkflowClient client, EmsSyncOptions options) {
    return new EmsSync(TemporalConnection.over(client, options.codecKey), options);
  }

  /**
   * Requests a pass and returns as soon as Temporal has stored the request.
   *
   * @param process for example {@code "RUNSIGNUP"}
   * @param type for example {@code "Person"}
   * @param id of the EMS row
   * @throws EmsSyncException.UnknownName if there is no such process or type
   * @throws EmsSyncException.ProcessOff if no worker serves the process
   * @throws EmsSyncException.BadArgument if the id is invalid
   * @throws EmsSyncException.Unreachable if Temporal does not answer within {@code requestTimeout}
   * @throws EmsSyncException.Refused if Temporal does not accept the request
   */
  public void sync(String process, String type, long id) {
    sync(SyncProcess.of(process), EntityType.of(type), id);
  }

  /** The same as {@link #sync(String, String, long)}. */
  public void sync(SyncProcess process, EntityType type, long id) {
    requests.request(new Pair(process, type, id), TimeLimit.of(options.requestTimeout));
  }

  /**
   * Requests a pass and waits for the result of a pass that began after the request. A pair that keeps failing returns
   * {@code FAILING} while its retries continue.
   *
   * @param limit for the whole call
   * @throws EmsSyncException.NoResultInTime if the time is over; the run continues
   * @throws EmsSyncException.RunFailed if the run ended with an error
   * @throws EmsSyncException.Unreadable if the workers encrypt with a key that this client does not have
   * @throws EmsSyncException.UnknownName as {@link #sync(String, String, long)}
   * @throws EmsSyncException.ProcessOff as {@link #sync(String, String, long)}
   * @throws EmsSyncException.BadArgument as {@link #sync(String, String, long)}
   * @throws EmsSyncException.Unreachable if Temporal does not answer within the limit
   * @throws EmsSyncException.Refused as {@link #sync(String, String, long)}
   */
  public SyncResult syncAndWait(String process, String type, long id, Duration limit) {
    return syncAndWait(SyncProcess.of(process), EntityType.of(type), id, limit);
  }

  /** The same as {@link #syncAndWait(String, String, long, Duration)}. */
  public SyncResult syncAndWait(SyncProcess process, EntityType type, long id, Duration limit) {
    return requests.requestAndWait(new Pair(process, type, id), TimeLimit.of(limit));
  }

  /**
   * Requests a pass of each row; a failed request does not affect the others.
   *
   * @return an answer for each id, without results, in the order of the ids, without duplicates
   * @throws EmsSyncException.UnknownName if there is no such process or type
   */
  public List<SyncAnswer> syncAll(String process, String type, Collection<Long> ids) {
    return syncAll(SyncProcess.of(process), EntityType.of(type), ids);
  }

  /** The same as {@link #syncAll(String, String, Collection)}. */
  public List<SyncAnswer> syncAll(SyncProcess process, EntityType type, Collection<Long> ids) {
    return Lanes.askEach(
        ids,
        options.parallel,
        id -> {
          sync(process, type, id);
          return null;
        });
  }

  /**
   * Requests a pass of each row and waits; a failed request does not affect the others. If the time is over before an
   * id's turn, its pass is still requested.
   *
   * @param limit for the whole call
   * @return an answer for each id, in the order of the ids, without duplicates
   * @throws EmsSyncException.UnknownName if there is no such process or type
   */
  public List<SyncAnswer> syncAllAndWait(String process, String type, Collection<Long> ids, Duration limit) {
    return syncAllAndWait(SyncProcess.of(process), EntityType.of(type), ids, limit);
  }

  /** The same as {@link #syncAllAndWait(String, String, Collection, Duration)}. */
  public List<SyncAnswer> syncAllAndWait(
      SyncProcess process, EntityType type, Collection<Long> ids, Duration limit) {
    TimeLimit shared = TimeLimit.of(limit);
    return Lanes.askEach(
        ids,
        options.parallel,
        id -> {
          Pair pair = new Pair(process, type, id);
          if (shared.leftMillis() > TURN_MILLIS) return requests.requestAndWait(pair, shared);
          requests.request(pair, TimeLimit.of(options.requestTimeout));
          throw PairRequests.noResult(pair, shared, null);
        });
  }

  /** Closes the connection, unless it belongs to an existing client. Requests that Temporal has stored continue. */
  @Override
  public void close() {
    connection.close();
  }
}
