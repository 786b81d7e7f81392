package emssync.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Temporal was available and then is not. */
class LostConnectionTest {

  private static final Duration LIMIT = Duration.ofMillis(1_500);
  private static final TagServer tagServer = new TagServer();

  private Cable cable;
  private EmsSync sync;

  @BeforeEach
  void connect() throws IOException {
    cable = new Cable();
    sync = EmsSync.connect(TestSystem.options().address(cable.address()).requestTimeout(LIMIT).build());
    SyncResult result = sync.syncAndWait("TAGSERVER", "Person", 900_000_020L, Duration.ofSeconds(30));
    assertEquals(SyncOutcome.NOTHING, result.outcome());
  }

  @AfterEach
  void close() throws IOException {
    sync.close();
    cable.close();
    tagServer.clearFaults();
  }

  @Test
  void theLineIsCut() throws IOException {
    cable.close();

    EmsSyncException error =
        withinLimit(EmsSyncException.Unreachable.class, () -> sync.sync("TAGSERVER", "Person", 900_000_020L));
    assertTrue(error.getMessage().contains("UNAVAILABLE"), error.getMessage());
    withinLimit(
        EmsSyncException.Unreachable.class, () -> sync.syncAndWait("TAGSERVER", "Person", 900_000_020L, LIMIT));
  }

  @Test
  void theLineFallsSilent() {
    cable.fallSilent();

    withinLimit(EmsSyncException.Unreachable.class, () -> sync.sync("TAGSERVER", "Person", 900_000_020L));
    EmsSyncException error =
        withinLimit(
            EmsSyncException.NoResultInTime.class, () -> sync.syncAndWait("TAGSERVER", "Person", 900_000_020L, LIMIT));
    assertTrue(error.getMessage().contains("no worker has taken the request up"), error.getMessage());
  }

  @Test
  void theLineIsCutWhileSomebodyWaits() throws Exception {
    try (Ems ems = new Ems()) {
      long person = ems.runner("Sara", "Moura");
      tagServer.delayWriteOf(person, 3_000);
      CompletableFuture<SyncResult> answer =
          CompletableFuture.supplyAsync(
              () -> sync.syncAndWait("TAGSERVER", "Person", person, Duration.ofSeconds(8)));
      TestSystem.eventually("the write under way", () -> tagServer.writesOf(person).size() == 1);

      cable.close();

      CompletionException error = assertThrows(CompletionException.class, answer::join);
      assertInstanceOf(EmsSyncException.NoResultInTime.class, error.getCause());
      assertEquals("Sara", tagServer.firstNameOf(person));
    }
  }

  private static <E extends EmsSyncException> E withinLimit(Class<E> kind, Executable call) {
    long before = System.nanoTime();
    E error = assertThrows(kind, call);
    long took = Duration.ofNanos(System.nanoTime() - before).toMillis();
    assertTrue(took >= 1_200 && took < 2_500, took + " ms");
    return error;
  }
}
