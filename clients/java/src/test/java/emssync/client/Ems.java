package emssync.client;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** EMS's side: committed rows, as its own application writes them. */
final class Ems implements AutoCloseable {

  private final Connection database;
  private final long race;
  private final long event;

  Ems() throws SQLException {
    this(TestSystem.variable("TEST_JDBC_URL"));
  }

  Ems(String jdbcUrl) throws SQLException {
    database =
        DriverManager.getConnection(
            jdbcUrl,
            TestSystem.variable("TEST_JDBC_USER"),
            TestSystem.variable("TEST_JDBC_PASSWORD"));
    long organisation = insert("organisation (name, country) VALUES ('Harbour Athletics', 'PT')");
    event =
        insert(
            "event (organisation_id, name, starts_on, ends_on, time_zone, status) VALUES"
                + " (?, 'Harbour Marathon', '2027-05-15T07:00:00Z', '2027-05-16T15:00:00Z', 'Europe/Lisbon', 'OPEN')",
            organisation);
    race = insert("race (event_id, name, discipline, distance_m) VALUES (?, '10K', 'RUN', 10000)", event);
  }

  /** A runner of an open event, who belongs on TagServer. TagServer refuses a null last name. */
  long runner(String firstName, String lastName) throws SQLException {
    long person = insert("person (first_name, last_name, gender) VALUES (?, ?, 'F')", firstName, lastName);
    insert(
        "event_participant (event_id, race_id, person_id, status) VALUES (?, ?, ?, 'REGISTERED')", event, race, person);
    return person;
  }

  void rename(long person, String firstName) throws SQLException {
    try (PreparedStatement update =
        database.prepareStatement("UPDATE person SET first_name = ?, modified_on = clock_timestamp() WHERE id = ?")) {
      update.setString(1, firstName);
      update.setLong(2, person);
      update.executeUpdate();
    }
  }

  /** The id of a row that never existed. */
  long noOne() {
    return 9_007_199_254_740_993L;
  }

  private long insert(String rest, Object... values) throws SQLException {
    String sql = "INSERT INTO " + rest.replaceFirst("\\(", "(modified_on, ").replaceFirst("VALUES \\(", "VALUES (now(), ");
    try (PreparedStatement insert = database.prepareStatement(sql + " RETURNING id")) {
      for (int i = 0; i < values.length; i += 1) insert.setObject(i + 1, values[i]);
      try (ResultSet row = insert.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
