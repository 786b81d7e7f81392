package emssync.client;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * How to reach Temporal; every value defaults to that of a local server. Immutable.
 *
 * <pre>{@code
 * EmsSyncOptions options = EmsSyncOptions.builder()
 *     .address("temporal.example.org:7233")
 *     .namespace("ems")
 *     .clientCertificate(Path.of("client.pem"), Path.of("client.key"))
 *     .build();
 * }</pre>
 */
public final class EmsSyncOptions {

  final String address;
  final String namespace;
  final String apiKey;
  final Path certificate;
  final Path key;
  final Path authority;
  final String codecKey;
  final String taskQueue;
  final Duration connectTimeout;
  final Duration requestTimeout;
  final int parallel;

  private EmsSyncOptions(Builder builder) {
    address = builder.address;
    namespace = builder.namespace;
    apiKey = builder.apiKey;
    certificate = builder.certificate;
    key = builder.key;
    authority = builder.authority;
    codecKey = builder.codecKey;
    taskQueue = builder.taskQueue;
    connectTimeout = builder.connectTimeout;
    requestTimeout = builder.requestTimeout;
    parallel = builder.parallel;
  }

  public static Builder builder() {
    return new Builder();
  }

  /**
   * The same variables as the workers use: {@code TEMPORAL_ADDRESS}, {@code TEMPORAL_NAMESPACE}, {@code
   * TEMPORAL_API_KEY}, {@code TEMPORAL_TLS_CERT_FILE}, {@code TEMPORAL_TLS_KEY_FILE}, {@code TEMPORAL_TLS_CA_FILE},
   * {@code TEMPORAL_CODEC_KEY}. An empty one counts as not set.
   */
  public static Builder fromEnvironment() {
    return from(System.getenv());
  }

  static Builder from(Map<String, String> environment) {
    Builder builder = builder();
    builder.address = orElse(environment.get("TEMPORAL_ADDRESS"), builder.address);
    builder.namespace = orElse(environment.get("TEMPORAL_NAMESPACE"), builder.namespace);
    builder.apiKey = orElse(environment.get("TEMPORAL_API_KEY"), null);
    builder.certificate = path(environment.get("TEMPORAL_TLS_CERT_FILE"));
    builder.key = path(environment.get("TEMPORAL_TLS_KEY_FILE"));
    builder.codecKey = orElse(environment.get("TEMPORAL_CODEC_KEY"), null);
    builder.authority = path(environment.get("TEMPORAL_TLS_CA_FILE"));
    return builder;
  }

  boolean usesTls() {
    return apiKey != null || certificate != null || authority != null;
  }

  /** Without the API key and the codec key, so that it can be logged. */
  @Override
  public String toString() {
    return "EmsSyncOptions[address=%s, namespace=%s, tls=%s]".formatted(address, namespace, usesTls());
  }

  private static String orElse(String value, String otherwise) {
    return value == null || value.isEmpty() ? otherwise : value;
  }

  private static Path path(String value) {
    return value == null || value.isEmpty() ? null : Path.of(value);
  }

  /** Collects the options; {@link #build} checks them. */
  public static final class Builder {

    private String address = "localhost:7233";
    private String namespace = "default";
    private String apiKey;
    private Path certificate;
    private Path key;
    private Path authority;
    private String codecKey;
    private String taskQueue;
    private Duration connectTimeout = Duration.ofSeconds(8);
    private Duration requestTimeout = Duration.ofSeconds(10);
    private int parallel = 20;

    private Builder() {}

    /** {@code host:port} of Temporal's front end. Default {@code localhost:7233}. */
    public Builder address(String address) {
      this.address = address;
      return this;
    }

    /** Default {@code default}. */
    public Builder namespace(String namespace) {
      this.namespace = namespace;
      return this;
    }

    /** For Temporal Cloud; enables TLS. Default: none. */
    public Builder apiKey(String apiKey) {
      this.apiKey = apiKey;
      return this;
    }

    /** Mutual TLS: our certificate and its key (PKCS#8) as PEM files; enables TLS. Default: none. */
    public Builder clientCertificate(Path certificate, Path key) {
      this.certificate = certificate;
      this.key = key;
      return this;
    }

    /** The authority that signed the server's certificate, as a PEM file; enables TLS. Default: Java's authorities. */
    public Builder serverAuthority(Path authority) {
      this.authority = authority;
      return this;
    }

    /**
     * Encrypts requests and reads encrypted results: the workers' {@code TEMPORAL_CODEC_KEY}, for example {@code
     * 2027:…}. Default: none, as with workers that have none.
     */
    public Builder codecKey(String codecKey) {
      this.codecKey = codecKey;
      return this;
    }

    /** The workers' task queue. Default: looked up in the namespace with the first request. Set it only in tests. */
    public Builder taskQueue(String taskQueue) {
      this.taskQueue = taskQueue;
      return this;
    }

    /** The time limit of {@link EmsSync#connect}. Default 8 s. */
    public Builder connectTimeout(Duration connectTimeout) {
      this.connectTimeout = connectTimeout;
      return this;
    }

    /** The time limit of a request without waiting. Default 10 s. */
    public Builder requestTimeout(Duration requestTimeout) {
      this.requestTimeout = requestTimeout;
      return this;
    }

    /** Concurrent requests for several ids. Default 20; more would only queue at the server. */
    public Builder parallel(int parallel) {
      this.parallel = parallel;
      return this;
    }

    /** @throws EmsSyncException.BadArgument if an option is invalid */
    public EmsSyncOptions build() {
      check(address != null && address.matches("[^\\s/:]+:\\d{1,5}"), "address must be host:port, without http://");
      check(isText(namespace), "namespace must not be empty");
      check(apiKey == null || isText(apiKey), "apiKey must not be empty: leave it out if there is none");
      check(
          (certificate == null) == (key == null),
          "The certificate and its key (TEMPORAL_TLS_CERT_FILE, TEMPORAL_TLS_KEY_FILE) belong together: give both, or none");
      if (codecKey != null) EncryptionCodec.of(codecKey);
      check(taskQueue == null || isText(taskQueue), "taskQueue must not be empty");
      check(isPositive(connectTimeout), "connectTimeout must be longer than nothing");
      check(isPositive(requestTimeout), "requestTimeout must be longer than nothing");
      check(parallel >= 1 && parallel <= 100, "parallel must be from 1 to 100");
      return new EmsSyncOptions(this);
    }

    private static void check(boolean isGood, String otherwise) {
      if (!isGood) throw new EmsSyncException.BadArgument(otherwise);
    }

    private static boolean isText(String value) {
      return value != null && !value.isBlank();
    }

    private static boolean isPositive(Duration time) {
      return time != null && !time.isNegative() && !time.isZero();
    }
  }
}
