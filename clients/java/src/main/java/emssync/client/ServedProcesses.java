package emssync.client;

import io.grpc.StatusRuntimeException;
import io.temporal.api.enums.v1.TaskQueueType;
import io.temporal.api.taskqueue.v1.TaskQueue;
import io.temporal.api.workflowservice.v1.DescribeTaskQueueRequest;
import io.temporal.client.WorkflowClient;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Tells processes that are switched off, whose requests nobody would ever serve. EMS has no access to the workers'
 * settings, so Temporal is asked: workers of the installation run, and none has taken this process's work for five
 * minutes.
 */
final class ServedProcesses {

  /** A process that is switched on is served within this time. */
  private static final Duration KNOWN_FOR = Duration.ofSeconds(2);

  private record Known(boolean isOff, long untilNanos) {}

  private final WorkflowClient client;
  private final Map<SyncProcess, Known> known = new ConcurrentHashMap<>();

  ServedProcesses(WorkflowClient client) {
    this.client = client;
  }

  /**
   * @param syncQueue of the installation; null: it is not known
   * @throws EmsSyncException.ProcessOff if the process is off
   */
  void refuseOff(SyncProcess process, String syncQueue) {
    if (syncQueue == null) return;
    Known last = known.get(process);
    if (last == null || System.nanoTime() - last.untilNanos() >= 0) {
      last = new Known(isOff(process, syncQueue), System.nanoTime() + KNOWN_FOR.toNanos());
      known.put(process, last);
    }
    if (last.isOff()) throw new EmsSyncException.ProcessOff(process);
  }

  /** False if Temporal does not answer: the request itself tells why. */
  private boolean isOff(SyncProcess process, String syncQueue) {
    try {
      return !isServed(process.taskQueue(syncQueue), TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
          && isServed(syncQueue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW);
    } catch (StatusRuntimeException unknown) {
      return false;
    }
  }

  private boolean isServed(String queue, TaskQueueType type) {
    DescribeTaskQueueRequest request =
        DescribeTaskQueueRequest.newBuilder()
            .setNamespace(client.getOptions().getNamespace())
            .setTaskQueue(TaskQueue.newBuilder().setName(queue))
            .setTaskQueueType(type)
            .build();
    return client.getWorkflowServiceStubs().blockingStub().describeTaskQueue(request).getPollersCount() > 0;
  }
}
