package emssync.example;

import emssync.client.EmsSync;
import emssync.client.EmsSyncException;
import emssync.client.EmsSyncOptions;
import emssync.client.SyncAnswer;
import emssync.client.SyncResult;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * What EMS does after saving a row: it commits, then requests a sync; here with plain JDBC. Arguments: the process, and
 * ids of persons. {@code TEMPORAL_ADDRESS} and related variables give Temporal's address; {@code EMS_JDBC_URL}, {@code
 * EMS_JDBC_USER} and {@code EMS_JDBC_PASSWORD} give EMS's database. README.md shows how to run it.
 */
public final class EmsExample {

  private EmsExample() {}

  public static void main(String[] arguments) throws SQLException {
    String process = arguments[0];
    List<Long> persons = new ArrayList<>();
    for (int i = 1; i < arguments.length; i += 1) persons.add(Long.valueOf(arguments[i]));

    try (EmsSync sync = EmsSync.connect(EmsSyncOptions.fromEnvironment().build())) {
      touch(persons);
      onlyAsk(sync, process, persons.get(0));
      waitForOne(sync, process, persons.get(0));
      waitForMany(sync, process, persons);
    }
  }

  /** Changes the rows and commits. This comes first, because the worker reads what is committed. */
  private static void touch(List<Long> persons) throws SQLException {
    try (Connection database =
        DriverManager.getConnection(
            System.getenv("EMS_JDBC_URL"), System.getenv("EMS_JDBC_USER"), System.getenv("EMS_JDBC_PASSWORD"))) {
      database.setAutoCommit(false);
      try (PreparedStatement update =
          database.prepareStatement("UPDATE person SET language = 'pt', modified_on = clock_timestamp() WHERE id = ?")) {
        for (long person : persons) {
          update.setLong(1, person);
          update.executeUpdate();
        }
      }
      database.commit();
    }
  }

  /** The usual case. EMS's own work is done, so if Temporal is unavailable, a line in the log is enough. */
  private static void onlyAsk(EmsSync sync, String process, long person) {
    try {
      sync.sync(process, "Person", person);
      System.out.println("asked for " + person);
    } catch (EmsSyncException.Unreachable away) {
      System.out.println("the next sweep will bring " + person + ": " + away.getMessage());
    }
  }

  /** A user waits at a screen for the result. */
  private static void waitForOne(EmsSync sync, String process, long person) {
    try {
      SyncResult result = sync.syncAndWait(process, "Person", person, Duration.ofSeconds(20));
      String text =
          switch (result.outcome()) {
            case IN_SYNC -> "is up to date";
            case PARKED -> "has to be corrected first: " + result.reason();
            case SUPPRESSED -> "must not be sent: " + result.reason();
            case ERASED -> "was erased";
            case WAITING, SHARED -> "goes with another row: " + result.reason();
            case REMOVED, UNLINKED, NOTHING -> "is not to be there";
            case FAILING, PENDING, PAUSED, UNKNOWN -> "will follow: " + result.reason();
          };
      System.out.println(person + " " + text);
    } catch (EmsSyncException.NoResultInTime late) {
      System.out.println(person + " will follow: " + late.getMessage());
    }
  }

  /** An import has changed many rows. */
  private static void waitForMany(EmsSync sync, String process, List<Long> persons) {
    for (SyncAnswer answer : sync.syncAllAndWait(process, "Person", persons, Duration.ofMinutes(1))) {
      System.out.println(
          answer.id() + " " + (answer.hasFailed() ? answer.failure().getMessage() : answer.result().outcome()));
    }
  }
}
