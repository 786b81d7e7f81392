package emssync.client;

import static emssync.client.TestSystem.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.temporal.client.WorkflowClient;
import io.temporal.worker.Worker;
import io.temporal.worker.WorkerFactory;
import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.UpdateMethod;
import io.temporal.workflow.Workflow;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A worker of a future release, with words that this library does not know. It uses a separate queue beside our
 * workers, on the same Temporal server.
 */
class NewerWorkerTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final String queue = "newer-" + UUID.randomUUID();
  private WorkflowClient client;
  private WorkerFactory factory;
  private EmsSync sync;

  @BeforeEach
  void prepare() {
    client = TestSystem.client();
    factory = WorkerFactory.newInstance(client);
    sync = EmsSync.connect(TestSystem.options().taskQueue(queue).build());
  }

  @AfterEach
  void stop() {
    sync.close();
    factory.shutdownNow();
    client.getWorkflowServiceStubs().shutdownNow();
  }

  @Test
  void anOutcomeThatIsNotKnownYetIsTold() {
    startWorker();

    SyncResult result = sync.syncAndWait("MAUTIC", "Event", 1, LIMIT);

    assertEquals(
        new SyncResult(SyncOutcome.UNKNOWN, "postponed", "a newer worker says RESTING: until Monday"), result);
    assertEquals(false, result.isDone());
  }

  @Test
  void whatWasAskedForBeforeAWorkerRunsIsServedWhenOneDoes() throws Exception {
    EmsSyncException error =
        assertThrows(
            EmsSyncException.NoResultInTime.class,
            () -> sync.syncAndWait("MAUTIC", "Event", 2, Duration.ofSeconds(2)));
    assertTrue(error.getMessage().contains("no worker has taken the request up"), error.getMessage());

    startWorker();

    Map<?, ?> ended = client.newUntypedWorkflowStub("MAUTIC/Event/2").getResult(Map.class);
    assertEquals("RESTING", ended.get("outcome"));
  }

  @Test
  void whoWaitsLongIsAnsweredWhenAWorkerRunsAtLast() throws Exception {
    CompletableFuture<SyncResult> answer =
        CompletableFuture.supplyAsync(() -> sync.syncAndWait("MAUTIC", "Event", 3, Duration.ofSeconds(120)));
    // Longer than one wait of the server or the SDK.
    Thread.sleep(65_000);
    assertEquals(false, answer.isDone());

    startWorker();

    assertEquals(SyncOutcome.UNKNOWN, answer.get().outcome());
  }

  @Test
  void aRunThatAnOperatorEndsIsAskedForAnew() throws Exception {
    CompletableFuture<SyncResult> answer =
        CompletableFuture.supplyAsync(() -> sync.syncAndWait("MAUTIC", "Event", 4, LIMIT));
    startWorker(Duration.ofSeconds(3));
    eventually("the run", () -> client.listExecutions("WorkflowId = 'MAUTIC/Event/4'").count() == 1);
    Thread.sleep(1_000);

    client.newUntypedWorkflowStub("MAUTIC/Event/4").terminate("a test");

    assertEquals(SyncOutcome.UNKNOWN, answer.get().outcome());
    eventually("another run", () -> client.listExecutions("WorkflowId = 'MAUTIC/Event/4'").count() == 2);
  }

  @Test
  void aThreadThatIsInterruptedStopsWaiting() throws Exception {
    CompletableFuture<Throwable> seen = new CompletableFuture<>();
    Thread waiting =
        new Thread(
            () -> {
              try {
                sync.syncAndWait("MAUTIC", "Event", 5, LIMIT);
              } catch (RuntimeException error) {
                seen.complete(Thread.currentThread().isInterrupted() ? error : new AssertionError("the mark is gone"));
              }
            });
    waiting.start();
    Thread.sleep(1_000);

    waiting.interrupt();

    Throwable error = seen.get();
    assertInstanceOf(EmsSyncException.NoResultInTime.class, error);
    assertTrue(error.getMessage().contains("interrupted"), error.getMessage());
  }

  private void startWorker() {
    startWorker(Duration.ZERO);
  }

  private void startWorker(Duration work) {
    Worker worker = factory.newWorker(queue);
    worker.registerWorkflowImplementationFactory(LaterRelease.class, () -> new LaterReleaseImpl(work));
    factory.start();
  }

  @WorkflowInterface
  public interface LaterRelease {
    @WorkflowMethod(name = "syncEntity")
    Map<String, String> syncEntity(Map<String, Object> input);

    @SignalMethod(name = "requested")
    void requested(String request);

    @UpdateMethod(name = "syncNow")
    Map<String, String> syncNow(String request);
  }

  public static class LaterReleaseImpl implements LaterRelease {

    private static final Map<String, String> ANSWER =
        Map.of("outcome", "RESTING", "delivery", "postponed", "reason", "until Monday", "until", "Monday");

    private final Duration work;
    private boolean isAsked;
    private boolean isDone;

    LaterReleaseImpl(Duration work) {
      this.work = work;
    }

    @Override
    public Map<String, String> syncEntity(Map<String, Object> input) {
      Workflow.await(() -> isAsked);
      Workflow.sleep(work);
      isDone = true;
      Workflow.await(Workflow::isEveryHandlerFinished);
      return ANSWER;
    }

    @Override
    public void requested(String request) {
      isAsked = true;
    }

    @Override
    public Map<String, String> syncNow(String request) {
      isAsked = true;
      Workflow.await(() -> isDone);
      return ANSWER;
    }
  }
}
