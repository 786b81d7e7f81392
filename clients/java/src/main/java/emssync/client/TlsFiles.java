package emssync.client;

import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.temporal.serviceclient.SimpleSslContextBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/** Certificates and keys from PEM files, for TLS. */
final class TlsFiles {

  private TlsFiles() {}

  /** @throws EmsSyncException.BadArgument naming the files that cannot be read or have other content */
  static SslContext read(EmsSyncOptions options) {
    try (InputStream certificate = open(options.certificate);
        InputStream key = open(options.key)) {
      SimpleSslContextBuilder builder =
          certificate == null
              ? SimpleSslContextBuilder.noKeyOrCertChain()
              : SimpleSslContextBuilder.forPKCS8(certificate, key);
      if (options.authority != null) builder.setTrustManager(trusting(options.authority));
      return builder.build();
    } catch (IOException | GeneralSecurityException | IllegalArgumentException error) {
      throw new EmsSyncException.BadArgument(
          "Cannot use the certificate %s with the key %s (PKCS#8), and the authority %s; all must be PEM files: %s"
              .formatted(options.certificate, options.key, options.authority, error),
          error);
    }
  }

  private static InputStream open(Path file) throws IOException {
    return file == null ? null : Files.newInputStream(file);
  }

  /** Every certificate of the file counts as an authority. */
  private static TrustManager trusting(Path file) throws IOException, GeneralSecurityException {
    KeyStore authorities = KeyStore.getInstance(KeyStore.getDefaultType());
    authorities.load(null, null);
    try (InputStream pem = Files.newInputStream(file)) {
      int count = 0;
      for (Certificate authority : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        authorities.setCertificateEntry("authority-" + count, authority);
        count += 1;
      }
      if (count == 0) throw new IOException(file + " holds no certificate");
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(authorities);
    return factory.getTrustManagers()[0];
  }
}
