package emssync.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.TrustManagerFactory;

/** TLS before the Temporal server, as with a gateway or Temporal Cloud: it requires the client's certificate. */
final class TlsFront implements AutoCloseable {

  private static final char[] PASSWORD = "not-a-secret".toCharArray();

  /** PEM files, as an operator would give them to EMS. */
  final Path serverAuthority;

  final Path clientCertificate;
  final Path clientKey;
  private final Cable cable;

  TlsFront(Path folder) throws IOException, InterruptedException, GeneralSecurityException {
    KeyStore server = newIdentity(folder.resolve("server.p12"));
    KeyStore client = newIdentity(folder.resolve("client.p12"));
    serverAuthority = pem(folder.resolve("server.pem"), "CERTIFICATE", server.getCertificate("it").getEncoded());
    clientCertificate = pem(folder.resolve("client.pem"), "CERTIFICATE", client.getCertificate("it").getEncoded());
    clientKey = pem(folder.resolve("client.key"), "PRIVATE KEY", client.getKey("it", PASSWORD).getEncoded());

    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("client", client.getCertificate("it"));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(server, PASSWORD);
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    SSLServerSocket front =
        (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    SSLParameters parameters = front.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    parameters.setNeedClientAuth(true);
    front.setSSLParameters(parameters);
    cable = new Cable(front);
  }

  String address() {
    return cable.address();
  }

  private static KeyStore newIdentity(Path file) throws IOException, InterruptedException, GeneralSecurityException {
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    List<String> command =
        List.of(
            keytool, "-genkeypair", "-alias", "it", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "san=ip:127.0.0.1",
            "-storetype", "PKCS12", "-keystore", file.toString(), "-storepass", new String(PASSWORD));
    Process running = new ProcessBuilder(command).redirectErrorStream(true).start();
    String told = new String(running.getInputStream().readAllBytes());
    if (running.waitFor() != 0) throw new IOException("keytool failed: " + told);
    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream stored = Files.newInputStream(file)) {
      store.load(stored, PASSWORD);
    }
    return store;
  }

  private static Path pem(Path file, String kind, byte[] content) throws IOException {
    String lines = Base64.getMimeEncoder(64, "\n".getBytes()).encodeToString(content);
    return Files.writeString(file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, lines, kind));
  }

  @Override
  public void close() throws IOException {
    cable.close();
  }
}
