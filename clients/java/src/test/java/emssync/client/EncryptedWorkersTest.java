package emssync.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.temporal.api.common.v1.Payload;
import io.temporal.api.enums.v1.EventType;
import io.temporal.api.history.v1.HistoryEvent;
import io.temporal.client.WorkflowClient;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The library against workers with {@code TEMPORAL_CODEC_KEY}, which have a namespace and a database of their own. */
class EncryptedWorkersTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String NAMESPACE = TestSystem.variable("TEST_CODEC_NAMESPACE");
  private static final String KEY = TestSystem.variable("TEST_CODEC_KEY");

  /** The workers read it as well, though they write with the other one. */
  private static final String OLD_KEY = TestSystem.variable("TEST_CODEC_OLD_KEY");

  private static final TagServer tagServer = new TagServer(TestSystem.variable("TEST_CODEC_TAGSERVER_URL"));
  private static final WorkflowClient plain = TestSystem.client(NAMESPACE);
  private static Ems ems;

  @BeforeAll
  static void connect() throws SQLException {
    ems = new Ems(TestSystem.variable("TEST_CODEC_JDBC_URL"));
  }

  @AfterAll
  static void close() throws SQLException {
    ems.close();
    plain.getWorkflowServiceStubs().shutdownNow();
  }

  private static EmsSync with(String codecKey) {
    return EmsSync.connect(TestSystem.options().namespace(NAMESPACE).codecKey(codecKey).build());
  }

  @Test
  void whoHasTheKeyAsksAndReadsTheAnswer() throws Exception {
    long person = ems.runner("Ana", "Silva");
    long parked = ems.runner("Carla", null);
    try (EmsSync sync = with(KEY)) {
      assertEquals(
          new SyncResult(SyncOutcome.IN_SYNC, "created", null),
          sync.syncAndWait("TAGSERVER", "Person", person, LIMIT));
      assertEquals("Ana", tagServer.firstNameOf(person));
      SyncResult refused = sync.syncAndWait("TAGSERVER", "Person", parked, LIMIT);
      assertEquals(SyncOutcome.PARKED, refused.outcome());
      assertTrue(refused.reason().contains("last_name"), refused.reason());
    }
    assertEncrypted("TAGSERVER/Person/" + person);
  }

  @Test
  void aRequestWithoutWaitingIsEncryptedAndServed() throws Exception {
    long person = ems.runner("Bea", "Costa");
    try (EmsSync sync = with(KEY)) {
      sync.sync("TAGSERVER", "Person", person);
    }
    TestSystem.eventually("the person at TagServer", () -> "Bea".equals(tagServer.firstNameOf(person)));
    assertEncrypted("TAGSERVER/Person/" + person);
  }

  @Test
  void aClientThatStillWritesWithTheOldKeyIsServedWhileBothListBoth() throws Exception {
    long person = ems.runner("Dora", "Lima");
    try (EmsSync sync = with(OLD_KEY + "," + KEY)) {
      assertEquals(SyncOutcome.IN_SYNC, sync.syncAndWait("TAGSERVER", "Person", person, LIMIT).outcome());
    }
    assertEquals("Dora", tagServer.firstNameOf(person));
  }

  @Test
  void whoLacksTheKeyIsToldSoAndTheRunGoesOn() throws Exception {
    long person = ems.runner("Eva", "Reis");
    for (boolean hasAnother : List.of(false, true)) {
      try (EmsSync sync = hasAnother ? over(OLD_KEY) : withoutKey()) {
        EmsSyncException error =
            assertThrows(
                EmsSyncException.Unreadable.class, () -> sync.syncAndWait("TAGSERVER", "Person", person, LIMIT));
        assertTrue(error.getMessage().contains("TEMPORAL_CODEC_KEY"), error.getMessage());
        assertFalse(error.getMessage().contains(KEY));
      }
    }
    TestSystem.eventually("the person at TagServer", () -> "Eva".equals(tagServer.firstNameOf(person)));
  }

  private static EmsSync withoutKey() {
    return EmsSync.connect(TestSystem.options().namespace(NAMESPACE).build());
  }

  /** Through a client that EMS has already. */
  private static EmsSync over(String codecKey) {
    return EmsSync.over(plain, EmsSyncOptions.builder().codecKey(codecKey).build());
  }

  /** Neither arguments nor answers of the run can be read in Temporal. */
  private static void assertEncrypted(String workflowId) {
    List<HistoryEvent> history = plain.fetchHistory(workflowId).getHistory().getEventsList();
    HistoryEvent start = history.get(0);
    assertEquals(EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, start.getEventType());
    Payload input = start.getWorkflowExecutionStartedEventAttributes().getInput().getPayloads(0);
    assertEquals("binary/encrypted", input.getMetadataOrThrow("encoding").toStringUtf8());
    assertNotNull(input.getMetadataOrThrow("encryption-key-id"));
    for (HistoryEvent event : history) {
      for (String readable : List.of("\"requests", "\"outcome")) {
        assertFalse(event.toString().contains(readable), event.toString());
      }
    }
  }
}
