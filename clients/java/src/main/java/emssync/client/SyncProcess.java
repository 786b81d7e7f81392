package emssync.client;

import java.util.Arrays;
import java.util.List;

/** The sync processes, one per target system, as in {@code sync/sync-process-name.ts}. */
public enum SyncProcess {
  TAGSERVER,
  MAUTIC,
  MAILCHIMP,
  RUNSIGNUP,
  CHATWOOT;

  /**
   * The process with this name, in any spelling, as on the command line.
   *
   * @throws EmsSyncException.UnknownName with the valid names
   */
  public static SyncProcess of(String name) {
    return Arrays.stream(values())
        .filter(process -> PlainName.isSame(process.name(), name))
        .findFirst()
        .orElseThrow(() -> new EmsSyncException.UnknownName("sync process", name, names()));
  }

  private static List<String> names() {
    return Arrays.stream(values()).map(SyncProcess::name).toList();
  }
}
