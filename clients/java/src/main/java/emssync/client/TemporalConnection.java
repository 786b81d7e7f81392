package emssync.client;

import io.grpc.ConnectivityState;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.temporal.api.workflowservice.v1.GetSystemInfoRequest;
import io.temporal.client.WorkflowClient;
import io.temporal.client.WorkflowClientOptions;
import io.temporal.serviceclient.RpcRetryOptions;
import io.temporal.serviceclient.WorkflowServiceStubs;
import io.temporal.serviceclient.WorkflowServiceStubsOptions;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** One connection to Temporal that enforces time limits and converts errors to ours. */
final class TemporalConnection implements AutoCloseable {

  /** The SDK would sleep past a limit that ends during a pause; its own pauses grow to 5 s. */
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(250);

  private final WorkflowServiceStubs stubs;
  private final WorkflowClient client;
  private final String address;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "ems-sync-time-limits");
            thread.setDaemon(true);
            return thread;
          });
  private volatile boolean wasReached;
  private volatile boolean isClosed;

  private TemporalConnection(WorkflowServiceStubs stubs, WorkflowClient client, String address) {
    this.stubs = stubs;
    this.client = client;
    this.address = address;
  }

  /** Our own connection; nothing is sent yet. */
  static TemporalConnection of(EmsSyncOptions options) {
    WorkflowServiceStubsOptions.Builder builder =
        WorkflowServiceStubsOptions.newBuilder().setTarget(options.address).setRpcRetryOptions(retries());
    if (options.certificate != null || options.authority != null) builder.setSslContext(TlsFiles.read(options));
    else if (options.apiKey != null) builder.setEnableHttps(true);
    if (options.apiKey != null) builder.addApiKey(() -> options.apiKey);
    WorkflowServiceStubs stubs = WorkflowServiceStubs.newServiceStubs(builder.build());
    WorkflowClientOptions clientOptions =
        WorkflowClientOptions.newBuilder()
            .setNamespace(options.namespace)
            .setDataConverter(EncryptionCodec.dataConverter(options.codecKey))
            .build();
    return new TemporalConnection(stubs, WorkflowClient.newInstance(stubs, clientOptions), options.address);
  }

  /**
   * EMS's own connection, with its interceptors, headers and context propagators, but with our time limits, and with
   * JSON, encrypted if a codec key is given, whatever its data converter is: our workers read nothing else.
   */
  static TemporalConnection over(WorkflowClient existing, String codecKey) {
    WorkflowServiceStubsOptions options = existing.getWorkflowServiceStubs().getOptions();
    WorkflowServiceStubs stubs =
        WorkflowServiceStubs.newServiceStubs(
            WorkflowServiceStubsOptions.newBuilder(options)
                .setPlugins()
                .setTarget(null)
                .setChannelInitializer(null)
                .setSslContext(null)
                .setEnableHttps(false)
                .setChannel(existing.getWorkflowServiceStubs().getRawChannel())
                .setRpcRetryOptions(retries())
                .build());
    WorkflowClientOptions clientOptions =
        WorkflowClientOptions.newBuilder()
            .setNamespace(existing.getOptions().getNamespace())
            .setDataConverter(EncryptionCodec.dataConverter(codecKey))
            .setIdentity(existing.getOptions().getIdentity())
            .setInterceptors(existing.getOptions().getInterceptors())
            .setContextPropagators(existing.getOptions().getContextPropagators())
            .build();
    String address = options.getTarget() == null ? "the address of the given client" : options.getTarget();
    return new TemporalConnection(stubs, WorkflowClient.newInstance(stubs, clientOptions), address);
  }

  private static RpcRetryOptions retries() {
    return RpcRetryOptions.newBuilder().setMaximumInterval(LONGEST_PAUSE).validateBuildWithDefaults();
  }

  WorkflowClient client() {
    return client;
  }

  /**
   * Makes a call of the SDK that is cancelled at the limit.
   *
   * @throws RuntimeException of the SDK, for {@link #failureOf}
   * @throws EmsSyncException.Unreachable if Temporal was never reached and is not now
   */
  <T> T within(TimeLimit limit, Supplier<T> call) {
    if (isClosed) throw new IllegalStateException("This EmsSync is closed: open one for as long as EMS runs.");
    awaitReachable(limit);
    // If EMS itself is serving a gRPC call, the end of that call must not cancel ours.
    try (Context.CancellableContext context =
        Context.current().fork().withDeadlineAfter(limit.leftMillis(), TimeUnit.MILLISECONDS, clock)) {
      Context before = context.attach();
      try {
        return call.get();
      } finally {
        context.detach(before);
      }
    }
  }

  /**
   * Before its first call the SDK asks for the server's capabilities, one caller after another, each with its own time
   * limit. If we ask, all callers ask concurrently and within their limits.
   *
   * @throws EmsSyncException.Unreachable
   */
  void awaitReachable(TimeLimit limit) {
    StatusRuntimeException telling = null;
    while (!wasReached) {
      try {
        stubs
            .blockingStub()
            .withDeadlineAfter(limit.leftMillis(), TimeUnit.MILLISECONDS)
            .getSystemInfo(GetSystemInfoRequest.getDefaultInstance());
        wasReached = true;
      } catch (StatusRuntimeException error) {
        if (GrpcStatus.isRefusal(error)) throw failureOf(error, limit);
        // A time-out of the last attempt says less than the error of an earlier one.
        if (telling == null || error.getStatus().getCode() != Status.Code.DEADLINE_EXCEEDED) telling = error;
        if (limit.isOver() || !pause(limit) || limit.isOver()) throw failureOf(telling, limit);
      }
    }
  }

  /** Whether there is a connection now. If not, that is why a call takes long. */
  boolean isUp() {
    ManagedChannel channel = stubs.getRawChannel();
    return channel.getState(false) == ConnectivityState.READY;
  }

  /** What an error of the SDK means for EMS. An error that does not come from Temporal is returned unchanged. */
  RuntimeException failureOf(RuntimeException error, TimeLimit limit) {
    if (error instanceof EmsSyncException) return error;
    StatusRuntimeException answer = GrpcStatus.in(error);
    if (answer == null) return error;
    return failureOf(answer, limit);
  }

  EmsSyncException unreachable(TimeLimit limit, Throwable cause) {
    StatusRuntimeException answer = GrpcStatus.in(cause);
    String detail = answer == null ? "no answer" : GrpcStatus.describe(answer);
    return new EmsSyncException.Unreachable(address, limit.total(), detail, cause);
  }

  private EmsSyncException failureOf(StatusRuntimeException answer, TimeLimit limit) {
    if (!GrpcStatus.isRefusal(answer)) return unreachable(limit, answer);
    String namespace = client.getOptions().getNamespace();
    return new EmsSyncException.Refused(address, namespace, GrpcStatus.describe(answer), answer);
  }

  /** Returns false if the thread was interrupted. */
  static boolean pause(TimeLimit limit) {
    try {
      Thread.sleep(Math.min(LONGEST_PAUSE.toMillis(), limit.leftMillis()));
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Closes our own connection; that of an existing client stays open. */
  @Override
  public void close() {
    isClosed = true;
    stubs.shutdownNow();
    stubs.awaitTermination(5, TimeUnit.SECONDS);
    clock.shutdownNow();
  }
}
