package emssync.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mutual TLS: both sides present certificates, and each refuses unknown ones. */
class TlsTest {

  private static final Duration LIMIT = Duration.ofSeconds(3);

  private static TlsFront front;

  @BeforeAll
  static void open(@TempDir Path folder) throws Exception {
    front = new TlsFront(folder);
  }

  @AfterAll
  static void close() throws Exception {
    front.close();
  }

  @Test
  void withOurCertificateAndAnAuthorityThatIsKnown() {
    EmsSyncOptions options =
        options().clientCertificate(front.clientCertificate, front.clientKey).serverAuthority(front.serverAuthority).build();
    try (EmsSync sync = EmsSync.connect(options)) {
      SyncResult result = sync.syncAndWait("TAGSERVER", "Person", 900_000_010L, Duration.ofSeconds(30));
      assertEquals(SyncOutcome.NOTHING, result.outcome());
    }
  }

  @Test
  void withoutOurCertificate() {
    EmsSyncOptions options = options().serverAuthority(front.serverAuthority).build();
    assertThrows(EmsSyncException.Unreachable.class, () -> EmsSync.connect(options));
  }

  @Test
  void withAnApiKeyAndTheAuthoritiesOfJavaAlone() {
    EmsSyncOptions options = options().apiKey("not-a-secret").build();
    EmsSyncException error = assertThrows(EmsSyncException.Unreachable.class, () -> EmsSync.connect(options));
    assertTrue(error.getMessage().contains("certification path"), error.getMessage());
  }

  @Test
  void withoutTls() {
    EmsSyncOptions options = options().build();
    assertThrows(EmsSyncException.Unreachable.class, () -> EmsSync.connect(options));
  }

  private static EmsSyncOptions.Builder options() {
    return EmsSyncOptions.builder()
        .address(front.address())
        .namespace(TestSystem.NAMESPACE)
        .connectTimeout(LIMIT);
  }
}
