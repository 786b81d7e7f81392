package emssync.client;

import io.temporal.api.enums.v1.WorkflowIdConflictPolicy;
import io.temporal.client.WorkflowOptions;
import io.temporal.common.Priority;
import io.temporal.common.SearchAttributeKey;
import io.temporal.common.SearchAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One pair, a sync process and an EMS row, and how its workflow is started, as defined in {@code
 * workflows/pair-start.ts}, {@code workflows/pair-requests.ts} and {@code sync/workflow-ids.ts}. All values are sent as
 * plain JSON without our classes, so that no mapper's naming rule can change them.
 */
record Pair(SyncProcess process, EntityType type, long id) {

  static final String WORKFLOW_TYPE = "syncEntity";
  static final String REQUESTED_SIGNAL = "requested";
  static final String SYNC_NOW_UPDATE = "syncNow";

  /** Bring the target to EMS's state. */
  static final String REQUEST = "outbound";

  /** A higher priority than that of sweeps. */
  private static final int ON_DEMAND = 1;

  private static final SearchAttributeKey<String> PROCESS = SearchAttributeKey.forKeyword("SyncProcess");
  private static final SearchAttributeKey<String> TYPE = SearchAttributeKey.forKeyword("EntityType");
  private static final SearchAttributeKey<String> ID = SearchAttributeKey.forKeyword("EntityId");
  private static final SearchAttributeKey<String> DIRECTION = SearchAttributeKey.forKeyword("SyncDirection");

  /** @throws EmsSyncException.BadArgument if EMS cannot have such a row */
  Pair {
    if (process == null || type == null) {
      throw new EmsSyncException.BadArgument("A request needs a sync process and an entity type; one of them is null.");
    }
    if (id < 1) {
      throw new EmsSyncException.BadArgument(
          "%d is no id of an EMS row: ids are whole numbers from 1. Was the row saved and flushed?".formatted(id));
    }
  }

  /** {@code TAGSERVER/Person/4711}: the pair's lock, for every caller. */
  String workflowId() {
    return process.name() + "/" + type.entityName() + "/" + key();
  }

  WorkflowOptions startOptions(String taskQueue) {
    return WorkflowOptions.newBuilder()
        .setWorkflowId(workflowId())
        .setTaskQueue(taskQueue)
        .setWorkflowIdConflictPolicy(WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING)
        .setStaticSummary("%s: %s %s, %s".formatted(process, type.entityName(), key(), REQUEST))
        .setPriority(Priority.newBuilder().setPriorityKey(ON_DEMAND).build())
        .setTypedSearchAttributes(
            SearchAttributes.newBuilder()
                .set(PROCESS, process.name())
                .set(TYPE, type.entityName())
                .set(ID, key())
                .set(DIRECTION, REQUEST)
                .build())
        .build();
  }

  /** The workflow's only argument. Requests come by signal or update. */
  Map<String, Object> input() {
    Map<String, Object> input = new LinkedHashMap<>();
    input.put("process", process.name());
    input.put("type", type.entityName());
    input.put("key", key());
    input.put("requests", List.of());
    return input;
  }

  /** In decimal: a JSON number above 2^53 would lose its last digits. */
  private String key() {
    return Long.toString(id);
  }
}
