package emssync.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.temporal.client.WorkflowClient;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Temporal is unavailable: every call reports that within its limit. */
class UnreachableTest {

  private static final Duration LIMIT = Duration.ofMillis(1_500);

  /** A port without a listener, and one that accepts connections and never answers. */
  static Stream<Silence> silences() throws IOException {
    ServerSocket mute = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    ServerSocket closed = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    closed.close();
    return Stream.of(
        new Silence("nobody listens", closed.getLocalPort(), closed), new Silence("no answer", mute.getLocalPort(), mute));
  }

  record Silence(String name, int port, ServerSocket socket) {

    EmsSyncOptions options() {
      return EmsSyncOptions.builder()
          .address("127.0.0.1:" + port)
          .connectTimeout(LIMIT)
          .requestTimeout(LIMIT)
          .build();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  @ParameterizedTest
  @MethodSource("silences")
  void connecting(Silence silence) {
    EmsSyncException error = unreachableWithinLimit(() -> EmsSync.connect(silence.options()));
    assertTrue(error.getMessage().contains("127.0.0.1:" + silence.port() + " did not answer within 1500 ms"));
    assertTrue(error.getMessage().contains("Nothing is lost"), error.getMessage());
  }

  @ParameterizedTest
  @MethodSource("silences")
  void askingWithoutWaiting(Silence silence) {
    try (EmsSync sync = EmsSync.connectLazily(silence.options())) {
      unreachableWithinLimit(() -> sync.sync("RUNSIGNUP", "Person", 4711));
    }
  }

  @ParameterizedTest
  @MethodSource("silences")
  void askingAndWaiting(Silence silence) {
    try (EmsSync sync = EmsSync.connectLazily(silence.options())) {
      unreachableWithinLimit(() -> sync.syncAndWait("RUNSIGNUP", "Person", 4711, LIMIT));
    }
  }

  @ParameterizedTest
  @MethodSource("silences")
  void askingForManyTakesNoLongerThanForOne(Silence silence) {
    List<Long> ids = LongStream.rangeClosed(1, 200).boxed().toList();
    try (EmsSync sync = EmsSync.connectLazily(silence.options())) {
      long before = System.nanoTime();
      List<SyncAnswer> answers = sync.syncAll("RUNSIGNUP", "Person", ids);
      assertWithinLimit(before);
      assertEquals(ids, answers.stream().map(SyncAnswer::id).toList());
      for (SyncAnswer answer : answers) assertInstanceOf(EmsSyncException.Unreachable.class, answer.failure());
    }
  }

  @ParameterizedTest
  @MethodSource("silences")
  void overAClientThatEmsHas(Silence silence) {
    WorkflowServiceStubs stubs =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setTarget("127.0.0.1:" + silence.port()).build());
    try (EmsSync sync = EmsSync.over(WorkflowClient.newInstance(stubs), silence.options())) {
      unreachableWithinLimit(() -> sync.sync("RUNSIGNUP", "Person", 4711));
      unreachableWithinLimit(() -> sync.syncAndWait("RUNSIGNUP", "Person", 4711, LIMIT));
    } finally {
      stubs.shutdownNow();
    }
  }

  private static EmsSyncException unreachableWithinLimit(Executable call) {
    long before = System.nanoTime();
    EmsSyncException error = assertThrows(EmsSyncException.Unreachable.class, call);
    assertWithinLimit(before);
    return error;
  }

  private static void assertWithinLimit(long before) {
    long took = Duration.ofNanos(System.nanoTime() - before).toMillis();
    assertTrue(took >= 1_400 && took < 2_500, took + " ms");
  }
}
