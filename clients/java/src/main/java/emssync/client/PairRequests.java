package emssync.client;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.client.UpdateOptions;
import io.temporal.client.WorkflowException;
import io.temporal.client.WorkflowStub;
import io.temporal.client.WorkflowUpdateException;
import io.temporal.client.WorkflowUpdateHandle;
import io.temporal.client.WorkflowUpdateStage;
import io.temporal.client.WorkflowUpdateTimeoutOrCancelledException;
import io.temporal.common.converter.DataConverterException;
import io.temporal.failure.ApplicationFailure;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Requests passes of pairs, as {@code clients/request-sync.ts} does. */
final class PairRequests {

  /** How often a request is resent because the previous run ended just then. */
  private static final int TRIES = 5;

  /** The time limit for reading why a run has failed. */
  private static final Duration REASON_WITHIN = Duration.ofSeconds(2);

  private final TemporalConnection connection;
  private final InstallationQueue queue;
  private final ServedProcesses served;

  /** @param taskQueue null: it is looked up */
  PairRequests(TemporalConnection connection, String taskQueue) {
    this.connection = connection;
    this.queue = new InstallationQueue(connection.client(), taskQueue);
    this.served = new ServedProcesses(connection.client());
  }

  /** A running workflow takes another pass afterwards; otherwise one is started. */
  void request(Pair pair, TimeLimit limit) {
    try {
      connection.within(
          limit,
          () -> {
            served.refuseOff(pair.process(), queue.claimed(limit));
            return stub(pair, limit)
                .signalWithStart(
                    Pair.REQUESTED_SIGNAL, new Object[] {Pair.REQUEST}, new Object[] {pair.input()});
          });
    } catch (WorkflowException | StatusRuntimeException | CancellationException error) {
      if (Thread.currentThread().isInterrupted()) throw connection.unreachable(limit, error);
      throw connection.failureOf(error, limit);
    }
  }

  /** The same, and waits for the result of a pass that began afterwards. */
  SyncResult requestAndWait(Pair pair, TimeLimit limit) {
    for (int attempt = 1; ; attempt += 1) {
      try {
        return SyncResult.of(answer(pair, accepted(pair, limit), limit));
      } catch (WorkflowException | StatusRuntimeException | CancellationException error) {
        boolean isLate = hasTimedOut(error);
        if (!isLate && !metTheEnd(error)) throw failureOf(pair, limit, error);
        if (limit.isOver() || (isLate && attempt == TRIES)) throw noResult(pair, limit, error);
        if (attempt == TRIES) throw runFailed(pair, error);
      } catch (DataConverterException unreadable) {
        throw failureOf(pair, limit, unreadable);
      }
    }
  }

  /** The request after the pair's workflow has accepted it, for which a worker must run. */
  private WorkflowUpdateHandle<?> accepted(Pair pair, TimeLimit limit) {
    // Stays the same request, however often it is sent.
    UpdateOptions<?> update =
        UpdateOptions.newBuilder(Map.class)
            .setUpdateName(Pair.SYNC_NOW_UPDATE)
            .setUpdateId(UUID.randomUUID().toString())
            .setWaitForStage(WorkflowUpdateStage.ACCEPTED)
            .build();
    for (; ; ) {
      try {
        return connection.within(
            limit,
            () -> {
              served.refuseOff(pair.process(), queue.claimed(limit));
              return stub(pair, limit)
                  .startUpdateWithStart(update, new Object[] {Pair.REQUEST}, new Object[] {pair.input()});
            });
      } catch (WorkflowException error) {
        if (!hasTimedOut(error)) throw error;
        // The SDK gives up after a minute, whatever our limit is.
        if (limit.isOver() || !TemporalConnection.pause(limit)) throw notTakenUp(pair, limit, error);
      }
    }
  }

  private Map<?, ?> answer(Pair pair, WorkflowUpdateHandle<?> request, TimeLimit limit) {
    try {
      long left = limit.leftMillis();
      return (Map<?, ?>) request.getResultAsync(left, TimeUnit.MILLISECONDS).get(left, TimeUnit.MILLISECONDS);
    } catch (TimeoutException late) {
      throw noResult(pair, limit, late);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw noResult(pair, limit, interrupted);
    } catch (ExecutionException failed) {
      if (limit.isOver()) throw noResult(pair, limit, failed.getCause());
      if (failed.getCause() instanceof RuntimeException error) throw error;
      throw new IllegalStateException(failed.getCause());
    }
  }

  private RuntimeException failureOf(Pair pair, TimeLimit limit, RuntimeException error) {
    if (Thread.currentThread().isInterrupted()) return notTakenUp(pair, limit, error);
    if (GrpcStatus.in(error) != null) return connection.failureOf(error, limit);
    if (isUnreadable(error)) return new EmsSyncException.Unreadable(pair.workflowId(), error);
    return new EmsSyncException.RunFailed(pair.workflowId(), rootOf(error), error);
  }

  /** The SDK may or may not wrap it. */
  private static boolean isUnreadable(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof DataConverterException) return true;
    }
    return false;
  }

  /** The failure of a request that a worker, or Temporal's queue, has stored. */
  static EmsSyncException noResult(Pair pair, TimeLimit limit, Throwable cause) {
    return EmsSyncException.NoResultInTime.takenUp(pair.workflowId(), whyNone(limit), cause);
  }

  private EmsSyncException notTakenUp(Pair pair, TimeLimit limit, Throwable cause) {
    if (!connection.isUp()) return connection.unreachable(limit, cause);
    return EmsSyncException.NoResultInTime.notTakenUp(pair.workflowId(), whyNone(limit), cause);
  }

  private static String whyNone(TimeLimit limit) {
    return Thread.currentThread().isInterrupted()
        ? "before the thread that waited was interrupted"
        : "within " + EmsSyncException.inSeconds(limit.total());
  }

  /** Several runs have ended without an answer: the latest one contains the reason. */
  private EmsSyncException runFailed(Pair pair, RuntimeException error) {
    try {
      TimeLimit limit = TimeLimit.of(REASON_WITHIN);
      WorkflowStub latest = connection.client().newUntypedWorkflowStub(pair.workflowId());
      connection.within(limit, () -> resultOf(latest, limit));
    } catch (WorkflowException failure) {
      return new EmsSyncException.RunFailed(pair.workflowId(), rootOf(failure), failure);
    }
    return new EmsSyncException.RunFailed(pair.workflowId(), "it ended without an answer, " + TRIES + " times", error);
  }

  private static Map<?, ?> resultOf(WorkflowStub run, TimeLimit limit) {
    try {
      return run.getResult(limit.leftMillis(), TimeUnit.MILLISECONDS, Map.class);
    } catch (TimeoutException running) {
      return Map.of();
    }
  }

  private WorkflowStub stub(Pair pair, TimeLimit limit) {
    return connection.client().newUntypedWorkflowStub(Pair.WORKFLOW_TYPE, pair.startOptions(queue.name(limit)));
  }

  /** The run ended between accepting the request and serving it. */
  private static boolean metTheEnd(RuntimeException error) {
    if (error instanceof WorkflowUpdateException) {
      return error.getCause() instanceof ApplicationFailure failure
          && failure.getType().equals("AcceptedUpdateCompletedWorkflow");
    }
    StatusRuntimeException answer = GrpcStatus.in(error);
    if (answer == null || answer.getStatus().getCode() != Status.Code.NOT_FOUND) return false;
    String words = answer.getStatus().getDescription();
    return words != null && words.contains("already completed");
  }

  /** The SDK may or may not wrap it. */
  private static boolean hasTimedOut(RuntimeException error) {
    return error instanceof WorkflowUpdateTimeoutOrCancelledException
        || error.getCause() instanceof WorkflowUpdateTimeoutOrCancelledException;
  }

  private static String rootOf(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null) root = root.getCause();
    return root instanceof ApplicationFailure failure ? failure.getOriginalMessage() : root.getMessage();
  }
}
