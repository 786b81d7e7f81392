package emssync.client;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

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

  /**
   * The queue of this process's calls, as {@code targetTaskQueue} in {@code sync/workflow-ids.ts} names it: {@code
   * target-mautic-3f2a9c1b04d7}.
   *
   * @param syncQueue the installation's, for example {@code sync-3f2a9c1b04d7}
   */
  String taskQueue(String syncQueue) {
    String prefix = InstallationQueue.WITHOUT_CLAIM + "-";
    String id = syncQueue.startsWith(prefix) ? syncQueue.substring(prefix.length() - 1) : "";
    return "target-" + name().toLowerCase(Locale.ROOT) + id;
  }

  private static List<String> names() {
    return Arrays.stream(values()).map(SyncProcess::name).toList();
  }
}
