package emssync.client;

import static emssync.client.TestSystem.eventually;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** EMS commits, requests, and finds its change at TagServer, over a real Temporal server and our workers. */
class EmsSyncTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final SyncResult CREATED = new SyncResult(SyncOutcome.IN_SYNC, "created", null);
  private static final SyncResult UPDATED = new SyncResult(SyncOutcome.IN_SYNC, "updated", null);

  private static Ems ems;
  private static EmsSync sync;
  private static final TagServer tagServer = new TagServer();

  @BeforeAll
  static void connect() throws SQLException {
    ems = new Ems();
    // On a busy machine sixty requests at once take longer than the default allows.
    sync = EmsSync.connect(TestSystem.options().requestTimeout(Duration.ofMinutes(1)).build());
  }

  @AfterAll
  static void close() throws SQLException {
    sync.close();
    ems.close();
  }

  @AfterEach
  void clearFaults() {
    tagServer.clearFaults();
  }

  @Test
  void aCommittedRowThatIsAskedForArrives() throws Exception {
    long person = ems.runner("Ana", "Silva");

    sync.sync("TAGSERVER", "Person", person);

    eventually("the person at TagServer", () -> "Ana".equals(tagServer.firstNameOf(person)));
  }

  @Test
  void whoWaitsFindsTheChangeThereWhenTheAnswerComes() throws Exception {
    long person = ems.runner("Bea", "Costa");
    assertEquals(CREATED, sync.syncAndWait("TAGSERVER", "Person", person, LIMIT));
    assertEquals("Bea", tagServer.firstNameOf(person));

    ems.rename(person, "Beatriz");
    assertEquals(UPDATED, sync.syncAndWait(SyncProcess.TAGSERVER, EntityType.PERSON, person, LIMIT));
    assertEquals("Beatriz", tagServer.firstNameOf(person));

    SyncResult again = sync.syncAndWait("TAGSERVER", "Person", person, LIMIT);
    assertEquals(new SyncResult(SyncOutcome.IN_SYNC, "unchanged", null), again);
    assertEquals(2, tagServer.versionOf(person));
  }

  @Test
  void anIdThatEmsDoesNotHaveIsAnOutcomeOfItsOwn() {
    SyncResult result = sync.syncAndWait("TAGSERVER", "Person", ems.noOne(), LIMIT);

    assertEquals(SyncOutcome.NOTHING, result.outcome());
    assertTrue(result.isDone());
    assertNull(tagServer.firstNameOf(ems.noOne()));
  }

  @Test
  void whatTheTargetCannotTakeIsParkedWithTheReason() throws Exception {
    long person = ems.runner("Carla", null);

    SyncResult result = sync.syncAndWait("TAGSERVER", "Person", person, LIMIT);

    assertEquals(SyncOutcome.PARKED, result.outcome());
    assertTrue(result.reason().contains("last_name"), result.reason());
    assertNull(tagServer.firstNameOf(person));
  }

  @Test
  void ofManyIdsEachHasItsOwnAnswer() throws Exception {
    long good = ems.runner("Dora", "Lima");
    long parked = ems.runner("Eva", null);
    long last = ems.runner("Filipa", "Reis");

    List<SyncAnswer> answers =
        sync.syncAllAndWait("TAGSERVER", "Person", List.of(good, parked, 0L, ems.noOne(), last, good), LIMIT);

    assertEquals(List.of(good, parked, 0L, ems.noOne(), last), answers.stream().map(SyncAnswer::id).toList());
    assertEquals(CREATED, answers.get(0).result());
    assertEquals(SyncOutcome.PARKED, answers.get(1).result().outcome());
    assertInstanceOf(EmsSyncException.BadArgument.class, answers.get(2).failure());
    assertTrue(answers.get(2).hasFailed());
    assertEquals(SyncOutcome.NOTHING, answers.get(3).result().outcome());
    assertEquals(CREATED, answers.get(4).result());
    assertEquals("Filipa", tagServer.firstNameOf(last));
  }

  @Test
  void manyIdsAreAskedForWithoutWaiting() throws Exception {
    List<Long> people = new ArrayList<>();
    for (int i = 0; i < 60; i += 1) people.add(ems.runner("Gil" + i, "Sousa"));

    List<SyncAnswer> answers = sync.syncAll("TAGSERVER", "Person", people);

    assertEquals(people, answers.stream().map(SyncAnswer::id).toList());
    assertTrue(answers.stream().allMatch(answer -> answer.result() == null && answer.failure() == null));
    eventually("the last one", () -> "Gil59".equals(tagServer.firstNameOf(people.get(59))));
    eventually("everybody", () -> people.stream().allMatch(person -> tagServer.versionOf(person) == 1));
    assertEquals(List.of(), sync.syncAll("TAGSERVER", "Person", List.of()));
  }

  @Test
  void askedAgainWhileARunIsAtWorkNothingIsMissed() throws Exception {
    long person = ems.runner("Helena", "Dias");
    tagServer.delayWriteOf(person, 2_000);
    sync.sync("TAGSERVER", "Person", person);
    eventually("the write under way", () -> tagServer.writesOf(person).size() == 1);
    ems.rename(person, "Lena");

    sync.sync("TAGSERVER", "Person", person);

    eventually("the later change", () -> "Lena".equals(tagServer.firstNameOf(person)));
    assertEquals(2, tagServer.versionOf(person));
  }

  @Test
  void whoWaitsIsAnsweredByAPassThatBeganAfterwards() throws Exception {
    long person = ems.runner("Ines", "Melo");
    tagServer.delayWriteOf(person, 2_000);
    sync.sync("TAGSERVER", "Person", person);
    eventually("the write under way", () -> tagServer.writesOf(person).size() == 1);
    ems.rename(person, "Agnes");

    assertEquals(UPDATED, sync.syncAndWait("TAGSERVER", "Person", person, LIMIT));

    assertEquals("Agnes", tagServer.firstNameOf(person));
  }

  @Test
  void fiftyRequestsAtOnceDoubleNothing() throws Exception {
    long person = ems.runner("Julia", "Pires");
    ExecutorService threads = Executors.newFixedThreadPool(50);
    try {
      List<Future<SyncResult>> waiting = new ArrayList<>();
      for (int i = 0; i < 50; i += 1) {
        boolean waits = i % 2 == 0;
        waiting.add(
            threads.submit(
                () -> {
                  if (waits) return sync.syncAndWait("TAGSERVER", "Person", person, LIMIT);
                  sync.sync("TAGSERVER", "Person", person);
                  return null;
                }));
      }
      for (Future<SyncResult> one : waiting) {
        SyncResult result = one.get();
        if (result != null) assertEquals(SyncOutcome.IN_SYNC, result.outcome());
      }
    } finally {
      threads.shutdownNow();
    }
    // When this returns, the last request has been served.
    sync.syncAndWait("TAGSERVER", "Person", person, LIMIT);

    assertEquals("Julia", tagServer.firstNameOf(person));
    assertEquals(1, tagServer.versionOf(person));
    assertEquals(1, tagServer.writesOf(person).size());
  }

  @Test
  void timeIsOverWhileTheTargetIsSlowAndTheRunGoesOn() throws Exception {
    long person = ems.runner("Lia", "Nunes");
    tagServer.delayWriteOf(person, 6_000);
    long before = System.nanoTime();

    EmsSyncException error =
        assertThrows(
            EmsSyncException.NoResultInTime.class,
            () -> sync.syncAndWait("TAGSERVER", "Person", person, Duration.ofSeconds(2)));

    long took = Duration.ofNanos(System.nanoTime() - before).toMillis();
    assertTrue(took >= 1_900 && took < 3_000, took + " ms");
    assertTrue(error.getMessage().contains("TAGSERVER/Person/" + person + " gave no result within 2 s"));
    assertTrue(error.getMessage().contains("goes on by itself"), error.getMessage());
    assertNull(tagServer.firstNameOf(person));
    eventually("the person at TagServer", () -> "Lia".equals(tagServer.firstNameOf(person)));
    assertEquals(1, tagServer.versionOf(person));
  }

  @Test
  void whatHasNoTurnWithinTheLimitIsAskedForAllTheSame() throws Exception {
    long slow = ems.runner("Marta", "Vaz");
    long next = ems.runner("Nina", "Vaz");
    tagServer.delayWriteOf(slow, 4_000);

    try (EmsSync oneAtOnce = EmsSync.connect(TestSystem.options().parallel(1).build())) {
      List<SyncAnswer> answers =
          oneAtOnce.syncAllAndWait("TAGSERVER", "Person", List.of(slow, next), Duration.ofSeconds(1));

      for (SyncAnswer answer : answers) assertInstanceOf(EmsSyncException.NoResultInTime.class, answer.failure());
    }
    eventually("both", () -> tagServer.firstNameOf(slow) != null && tagServer.firstNameOf(next) != null);
  }

  @Test
  void aTargetThatFailsIsToldWhileItsRetriesGoOn() throws Exception {
    long person = ems.runner("Olga", "Luz");
    tagServer.refuseWritesOf(person, 500);

    SyncResult failing = sync.syncAndWait("TAGSERVER", "Person", person, Duration.ofSeconds(90));

    assertEquals(SyncOutcome.FAILING, failing.outcome());
    assertTrue(failing.reason().contains("500"), failing.reason());
    tagServer.clearFaults();
    assertEquals(SyncOutcome.IN_SYNC, sync.syncAndWait("TAGSERVER", "Person", person, LIMIT).outcome());
    assertEquals("Olga", tagServer.firstNameOf(person));
  }
}
