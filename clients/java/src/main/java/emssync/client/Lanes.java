package emssync.client;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongFunction;

/** Requests many ids, some concurrently; each has its own answer. */
final class Lanes {

  private Lanes() {}

  /**
   * @param width the number of concurrent requests
   * @param ask returns the result of one id, or null; an exception of this library becomes that id's failure
   * @return in the order of the ids, without duplicates
   * @throws EmsSyncException.BadArgument if one of the ids is null
   * @throws EmsSyncException.NoResultInTime if the thread is interrupted
   */
  static List<SyncAnswer> askEach(Collection<Long> ids, int width, LongFunction<SyncResult> ask) {
    if (ids.stream().anyMatch(Objects::isNull)) {
      throw new EmsSyncException.BadArgument("One of the ids is null. Was its row saved and flushed?");
    }
    if (ids.isEmpty()) return List.of();
    // While Temporal is unavailable, one wait is enough for all.
    AtomicReference<EmsSyncException.Unreachable> away = new AtomicReference<>();
    List<Callable<SyncAnswer>> questions =
        new LinkedHashSet<>(ids).stream().<Callable<SyncAnswer>>map(id -> () -> answer(id, ask, away)).toList();
    ExecutorService lanes = Executors.newFixedThreadPool(Math.min(width, questions.size()), Lanes::lane);
    try {
      return lanes.invokeAll(questions).stream().map(Lanes::answerOf).toList();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw EmsSyncException.NoResultInTime.takenUp(
          "A request for " + questions.size() + " rows", "before the thread that waited was interrupted", interrupted);
    } finally {
      lanes.shutdownNow();
    }
  }

  private static SyncAnswer answer(
      long id, LongFunction<SyncResult> ask, AtomicReference<EmsSyncException.Unreachable> away) {
    EmsSyncException.Unreachable known = away.get();
    if (known != null) return new SyncAnswer(id, null, new EmsSyncException.Unreachable(known));
    try {
      return new SyncAnswer(id, ask.apply(id), null);
    } catch (EmsSyncException failure) {
      if (failure instanceof EmsSyncException.Unreachable unreachable) away.compareAndSet(null, unreachable);
      return new SyncAnswer(id, null, failure);
    }
  }

  private static SyncAnswer answerOf(Future<SyncAnswer> done) {
    try {
      return done.get();
    } catch (ExecutionException bug) {
      if (bug.getCause() instanceof RuntimeException error) throw error;
      throw new IllegalStateException(bug.getCause());
    } catch (InterruptedException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static Thread lane(Runnable work) {
    Thread thread = new Thread(work, "ems-sync-lane");
    thread.setDaemon(true);
    return thread;
  }
}
