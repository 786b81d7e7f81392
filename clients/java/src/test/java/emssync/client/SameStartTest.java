package emssync.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.temporal.api.common.v1.Payload;
import io.temporal.api.common.v1.Payloads;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.api.history.v1.WorkflowExecutionStartedEventAttributes;
import io.temporal.api.sdk.v1.UserMetadata;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.common.converter.DefaultDataConverter;
import io.temporal.common.converter.NullPayloadConverter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/**
 * The history of a run started by this library equals that of one started by the TypeScript client: the launcher
 * (test/java/main.ts) has requested the rows with these ids before.
 */
class SameStartTest {

  private static final long ASKED_BY_TYPESCRIPT = 900_000_001L;
  private static final long WAITED_FOR_BY_TYPESCRIPT = 900_000_002L;
  private static final long OURS = 900_000_003L;

  private static final WorkflowClient client = TestSystem.client();

  @AfterAll
  static void close() {
    client.getWorkflowServiceStubs().shutdownNow();
  }

  @Test
  void askedForWithoutWaiting() {
    try (EmsSync sync = EmsSync.over(client)) {
      sync.sync("TAGSERVER", "Tag", OURS);
    }
    assertSame("TAGSERVER/Tag/" + ASKED_BY_TYPESCRIPT, "TAGSERVER/Tag/" + OURS);
  }

  @Test
  void askedForAndWaitedFor() {
    try (EmsSync sync = EmsSync.over(client)) {
      assertEquals(
          SyncOutcome.NOTHING,
          sync.syncAndWait("TAGSERVER", "Race", OURS, Duration.ofSeconds(30)).outcome());
    }
    assertSame("TAGSERVER/Race/" + WAITED_FOR_BY_TYPESCRIPT, "TAGSERVER/Race/" + OURS);
    assertFalse(client.getWorkflowServiceStubs().isShutdown());
  }

  @Test
  void aDataConverterOfEmsChangesNothing() {
    // A converter that cannot write anything.
    WorkflowClientOptions options =
        WorkflowClientOptions.newBuilder()
            .setNamespace(TestSystem.NAMESPACE)
            .setDataConverter(new DefaultDataConverter(new NullPayloadConverter()))
            .build();
    WorkflowClient odd = WorkflowClient.newInstance(client.getWorkflowServiceStubs(), options);
    assertThrows(
        RuntimeException.class, () -> odd.newUntypedWorkflowStub("TAGSERVER/Tag/" + ASKED_BY_TYPESCRIPT).signal("x", 1));
    try (EmsSync sync = EmsSync.over(odd)) {
      sync.sync("TAGSERVER", "Tag", OURS + 1);
    }
    assertSame("TAGSERVER/Tag/" + ASKED_BY_TYPESCRIPT, "TAGSERVER/Tag/" + (OURS + 1));
  }

  @Test
  void aContactPreferenceIsAskedForAsGiven() {
    // MAILCHIMP is off here; with a queue of its own, nobody is asked about that.
    EmsSyncOptions options = EmsSyncOptions.builder().taskQueue("contact-preferences").build();
    try (EmsSync sync = EmsSync.over(client, options)) {
      sync.sync("MAILCHIMP", "ContactPreference", Long.MAX_VALUE);
    }
    HistoryEvent start = history("MAILCHIMP/ContactPreference/9223372036854775807").get(0);
    Payload input = start.getWorkflowExecutionStartedEventAttributes().getInput().getPayloads(0);
    assertEquals(
        "{\"process\":\"MAILCHIMP\",\"type\":\"ContactPreference\",\"key\":\"9223372036854775807\",\"requests\":[]}",
        input.getData().toStringUtf8());
  }

  private static void assertSame(String theirs, String ours) {
    String theirKey = theirs.replaceFirst(".*/", "");
    List<HistoryEvent> expected = history(theirs);
    List<HistoryEvent> actual = history(ours);
    assertEquals(started(expected).replace(theirKey, "KEY"), started(actual).replace(ours.replaceFirst(".*/", ""), "KEY"));
    assertEquals(requests(expected), requests(actual));
  }

  /** The start event without what differs between runs. */
  private static String started(List<HistoryEvent> history) {
    WorkflowExecutionStartedEventAttributes start = history.get(0).getWorkflowExecutionStartedEventAttributes();
    UserMetadata metadata = history.get(0).getUserMetadata();
    WorkflowExecutionStartedEventAttributes.Builder comparable =
        start.toBuilder()
            .clearIdentity()
            .clearOriginalExecutionRunId()
            .clearFirstExecutionRunId()
            .clearHeader();
    // One SDK writes "no limit" as absent, the other as 0 s.
    if (start.getWorkflowExecutionTimeout().getSeconds() == 0) comparable.clearWorkflowExecutionTimeout();
    if (start.getWorkflowRunTimeout().getSeconds() == 0) comparable.clearWorkflowRunTimeout();
    return comparable.build() + metadata.toString();
  }

  /** Names and payloads of signals and accepted updates. */
  private static List<String> requests(List<HistoryEvent> history) {
    return history.stream()
        .filter(
            event ->
                event.hasWorkflowExecutionSignaledEventAttributes()
                    || event.hasWorkflowExecutionUpdateAcceptedEventAttributes())
        .map(
            event -> {
              if (event.hasWorkflowExecutionSignaledEventAttributes()) {
                var signal = event.getWorkflowExecutionSignaledEventAttributes();
                return "signal " + signal.getSignalName() + written(signal.getInput());
              }
              var update = event.getWorkflowExecutionUpdateAcceptedEventAttributes().getAcceptedRequest().getInput();
              return "update " + update.getName() + written(update.getArgs());
            })
        .toList();
  }

  private static String written(Payloads payloads) {
    return payloads.toString();
  }

  private static List<HistoryEvent> history(String workflowId) {
    return client.fetchHistory(workflowId).getHistory().getEventsList();
  }
}
