package emssync.client;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The line to the Temporal server, which can be cut or go silent while the server itself keeps running. */
final class Cable implements AutoCloseable {

  private final ServerSocket front;
  private final Set<Closeable> connections = ConcurrentHashMap.newKeySet();
  private volatile boolean isSilent;

  /** Without TLS. */
  Cable() throws IOException {
    this(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
  }

  Cable(ServerSocket front) {
    this.front = front;
    inBackground(this::serve);
  }

  String address() {
    return "127.0.0.1:" + front.getLocalPort();
  }

  /** Accepts data and forwards nothing, like a firewall that has forgotten a connection. */
  void fallSilent() {
    isSilent = true;
  }

  private void serve() throws IOException {
    while (!front.isClosed()) {
      Socket client = front.accept();
      inBackground(() -> connect(client));
    }
  }

  private void connect(Socket client) throws IOException {
    String[] address = TestSystem.TEMPORAL_ADDRESS.split(":");
    try (client;
        Socket temporal = new Socket(address[0], Integer.parseInt(address[1]))) {
      connections.add(client);
      connections.add(temporal);
      inBackground(() -> copy(temporal.getInputStream(), client.getOutputStream()));
      copy(client.getInputStream(), temporal.getOutputStream());
    }
  }

  private void copy(InputStream from, OutputStream to) throws IOException {
    byte[] buffer = new byte[8_192];
    for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
      if (isSilent) continue;
      to.write(buffer, 0, read);
      to.flush();
    }
  }

  @FunctionalInterface
  private interface Work {
    void run() throws IOException;
  }

  /** A broken connection ends its thread; the client sees the effect. */
  private static void inBackground(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException broken) {
                return;
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  /** Cuts it. */
  @Override
  public void close() throws IOException {
    front.close();
    for (Closeable connection : connections) connection.close();
  }
}
