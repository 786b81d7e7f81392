package emssync.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Impossible requests fail at once, with advice. */
class RefusalsTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static EmsSync sync;

  @BeforeAll
  static void connect() {
    sync = EmsSync.connect(TestSystem.options().build());
  }

  @AfterAll
  static void close() {
    sync.close();
  }

  @Test
  void anUnknownProcessNamesThoseThereAre() {
    EmsSyncException.UnknownName error =
        assertThrows(EmsSyncException.UnknownName.class, () -> sync.sync("TIMING", "Person", 4711));
    assertEquals(List.of("TAGSERVER", "MAUTIC", "MAILCHIMP", "RUNSIGNUP", "CHATWOOT"), error.validNames());
    assertEquals(
        "There is no sync process \"TIMING\". Use one of TAGSERVER, MAUTIC, MAILCHIMP, RUNSIGNUP, CHATWOOT.",
        error.getMessage());
    assertThrows(EmsSyncException.UnknownName.class, () -> sync.syncAndWait("TAGSERVERS", "Person", 4711, LIMIT));
    assertThrows(EmsSyncException.UnknownName.class, () -> sync.syncAll(null, "Person", List.of(4711L)));
  }

  @Test
  void anUnknownTypeNamesThoseThereAre() {
    EmsSyncException.UnknownName error =
        assertThrows(EmsSyncException.UnknownName.class, () -> sync.sync("TAGSERVER", "Runner", 4711));
    assertEquals(Arrays.stream(EntityType.values()).map(EntityType::entityName).toList(), error.validNames());
    assertTrue(error.getMessage().contains("no entity type \"Runner\""), error.getMessage());
    assertThrows(
        EmsSyncException.UnknownName.class, () -> sync.syncAllAndWait("TAGSERVER", "PERSONS", List.of(1L), LIMIT));
  }

  @Test
  void namesMayBeSpeltAsOnTheCommandLine() {
    assertEquals(SyncProcess.TAGSERVER, SyncProcess.of("tagserver"));
    assertEquals(SyncProcess.RUNSIGNUP, SyncProcess.of("RunSignup"));
    for (String name : List.of("StartGroup", "start-group", "START_GROUP", "startgroup")) {
      assertEquals(EntityType.START_GROUP, EntityType.of(name));
    }
  }

  @Test
  void badArguments() {
    for (long id : new long[] {0, -4711}) {
      EmsSyncException error =
          assertThrows(EmsSyncException.BadArgument.class, () -> sync.sync("TAGSERVER", "Person", id));
      assertTrue(error.getMessage().contains(id + " is no id of an EMS row"), error.getMessage());
    }
    for (Duration limit : new Duration[] {Duration.ZERO, Duration.ofSeconds(-1), null}) {
      assertThrows(EmsSyncException.BadArgument.class, () -> sync.syncAndWait("TAGSERVER", "Person", 4711, limit));
    }
    assertThrows(EmsSyncException.BadArgument.class, () -> sync.sync((SyncProcess) null, EntityType.TAG, 4711));
    List<Long> withNull = Arrays.asList(4711L, null);
    assertThrows(EmsSyncException.BadArgument.class, () -> sync.syncAll("TAGSERVER", "Person", withNull));
  }

  @Test
  void badOptions() {
    assertThrows(EmsSyncException.BadArgument.class, () -> options().address("http://localhost:7233").build());
    assertThrows(EmsSyncException.BadArgument.class, () -> options().namespace(" ").build());
    assertThrows(EmsSyncException.BadArgument.class, () -> options().parallel(0).build());
    assertThrows(EmsSyncException.BadArgument.class, () -> options().requestTimeout(Duration.ZERO).build());
    assertThrows(
        EmsSyncException.BadArgument.class, () -> options().clientCertificate(Path.of("client.pem"), null).build());
    EmsSyncOptions withoutFiles =
        options().clientCertificate(Path.of("no-such.pem"), Path.of("no-such.key")).build();
    EmsSyncException error =
        assertThrows(EmsSyncException.BadArgument.class, () -> EmsSync.connectLazily(withoutFiles));
    assertTrue(error.getMessage().contains("no-such.pem"), error.getMessage());
  }

  @Test
  void optionsComeFromTheVariablesOfTheWorkersAndKeepTheKeyToThemselves() {
    EmsSyncOptions options =
        EmsSyncOptions.from(
                Map.of("TEMPORAL_ADDRESS", "t.example.org:7233", "TEMPORAL_API_KEY", "secret", "TEMPORAL_NAMESPACE", ""))
            .build();
    assertEquals(
        "EmsSyncOptions[address=t.example.org:7233, namespace=default, tls=true]", options.toString());
    assertEquals("secret", options.apiKey);
  }

  @Test
  void aNamespaceThatIsNotThereIsRefused() {
    try (EmsSync elsewhere = EmsSync.connect(TestSystem.options().namespace("no-such-namespace").build())) {
      EmsSyncException error =
          assertThrows(EmsSyncException.Refused.class, () -> elsewhere.sync("TAGSERVER", "Person", 4711));
      assertTrue(error.getMessage().contains("namespace no-such-namespace"), error.getMessage());
      assertThrows(
          EmsSyncException.Refused.class, () -> elsewhere.syncAndWait("TAGSERVER", "Person", 4711, LIMIT));
    }
  }

  @Test
  void aPairThatCannotBeFailsItsRunAndTheErrorSaysWhy() {
    EmsSyncException error =
        assertThrows(
            EmsSyncException.RunFailed.class, () -> sync.syncAndWait("TAGSERVER", "Conversation", 4711, LIMIT));
    assertTrue(error.getMessage().startsWith("The run of TAGSERVER/Conversation/4711 failed: "), error.getMessage());
    assertTrue(error.getMessage().contains("Conversation"), error.getMessage());
  }

  @Test
  void aProcessThatIsOffIsNamedAtOnceAndNothingIsAskedFor() {
    EmsSyncException error =
        assertThrows(EmsSyncException.ProcessOff.class, () -> sync.syncAndWait("MAUTIC", "Person", 4711, LIMIT));
    assertTrue(error.getMessage().startsWith("MAUTIC is off: no worker serves it."), error.getMessage());
    assertThrows(EmsSyncException.ProcessOff.class, () -> sync.sync("mailchimp", "Person", 4711));
    assertInstanceOf(
        EmsSyncException.ProcessOff.class, sync.syncAll("MAUTIC", "Person", List.of(4711L)).get(0).failure());
    assertEquals(0, TestSystem.client().listExecutions("WorkflowId = 'MAUTIC/Person/4711'").count());
  }

  @Test
  void afterItWasClosedNothingIsAskedFor() {
    EmsSync closed = EmsSync.connect(TestSystem.options().build());
    closed.close();
    closed.close();
    assertThrows(IllegalStateException.class, () -> closed.sync("TAGSERVER", "Person", 4711));
    assertFalse(Thread.currentThread().isInterrupted());
  }

  private static EmsSyncOptions.Builder options() {
    return EmsSyncOptions.builder();
  }
}
