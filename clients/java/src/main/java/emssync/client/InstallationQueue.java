package emssync.client;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.workflowservice.v1.DescribeScheduleRequest;
import io.temporal.api.workflowservice.v1.WorkflowServiceGrpc.WorkflowServiceBlockingStub;
import io.temporal.client.WorkflowClient;

/**
 * The task queue of the installation that has claimed the Temporal namespace: its name ends with the installation's id.
 * The claim is a schedule whose workflow runs on that queue ({@code clients/installation-schedule.ts}).
 */
final class InstallationQueue {

  /** The schedule with which an installation claims a namespace. */
  static final String CLAIM = "ems-sync/installation";

  /** The queue of releases without installation ids; newer workers also serve what was left there. */
  static final String WITHOUT_CLAIM = "sync";

  private final WorkflowClient client;
  private final boolean isGiven;
  private volatile String name;

  /** @param given the queue that the options name; null: it is looked up with the first request */
  InstallationQueue(WorkflowClient client, String given) {
    this.client = client;
    this.isGiven = given != null;
    this.name = given;
  }

  /**
   * The queue of an installation that has claimed the namespace; null: there is none yet, or the options name a queue.
   *
   * @throws StatusRuntimeException if Temporal does not answer
   */
  String claimed(TimeLimit limit) {
    if (isGiven) return null;
    String found = name(limit);
    return found.equals(WITHOUT_CLAIM) ? null : found;
  }

  /** @throws StatusRuntimeException if Temporal does not answer */
  String name(TimeLimit limit) {
    String known = name;
    if (known != null) return known;
    String claimed = lookUp(limit);
    if (claimed == null) return WITHOUT_CLAIM;
    name = claimed;
    return claimed;
  }

  /** Null: no workers have claimed the namespace yet. The SDK's client of schedules cannot read what TypeScript wrote. */
  private String lookUp(TimeLimit limit) {
    WorkflowServiceBlockingStub service = client.getWorkflowServiceStubs().blockingStub();
    DescribeScheduleRequest claim =
        DescribeScheduleRequest.newBuilder()
            .setNamespace(client.getOptions().getNamespace())
            .setScheduleId(CLAIM)
            .build();
    for (; ; ) {
      try {
        return service.describeSchedule(claim).getSchedule().getAction().getStartWorkflow().getTaskQueue().getName();
      } catch (StatusRuntimeException answer) {
        Status.Code code = answer.getStatus().getCode();
        if (code == Status.Code.NOT_FOUND) return null;
        if (code != Status.Code.UNAVAILABLE || limit.isOver() || !TemporalConnection.pause(limit)) throw answer;
      }
    }
  }
}
