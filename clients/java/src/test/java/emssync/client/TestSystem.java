package emssync.client;

import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/** The servers that {@code npm run test:java} has started, with our workers beside them. */
final class TestSystem {

  static final String TEMPORAL_ADDRESS = variable("TEST_TEMPORAL_ADDRESS");
  static final String NAMESPACE = variable("TEST_TEMPORAL_NAMESPACE");

  private TestSystem() {}

  static EmsSyncOptions.Builder options() {
    return EmsSyncOptions.builder().address(TEMPORAL_ADDRESS).namespace(NAMESPACE);
  }

  /** A client such as EMS may already have. */
  static WorkflowClient client() {
    return client(NAMESPACE);
  }

  static WorkflowClient client(String namespace) {
    WorkflowServiceStubs stubs =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder().setTarget(TEMPORAL_ADDRESS).build());
    return WorkflowClient.newInstance(stubs, WorkflowClientOptions.newBuilder().setNamespace(namespace).build());
  }

  static void eventually(String what, BooleanSupplier check) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!check.getAsBoolean()) {
      if (System.nanoTime() > deadline) throw new AssertionError(what + ": not within 60 s");
      Thread.sleep(50);
    }
  }

  static String variable(String name) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty()) {
      throw new IllegalStateException(name + " is not set: run the tests by `npm run test:java`, which starts the servers");
    }
    return value;
  }
}
