package emssync.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import emssync.example.EmsExample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Runs the example of README.md unchanged, as a separate program. */
class ExampleTest {

  @Test
  void itCommitsAsksAndTellsWhatBecameOfIt() throws Exception {
    try (Ems ems = new Ems()) {
      long person = ems.runner("Paula", "Brito");
      long parked = ems.runner("Rita", null);

      String told = run("TAGSERVER", Long.toString(person), Long.toString(parked));

      assertEquals(
          List.of(
              "asked for " + person, person + " is up to date", person + " IN_SYNC", parked + " PARKED"),
          told.lines().toList());
      assertEquals("Paula", new TagServer().firstNameOf(person));
    }
  }

  private static String run(String... arguments) throws IOException, InterruptedException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    ProcessBuilder program =
        new ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), EmsExample.class.getName());
    program.command().addAll(List.of(arguments));
    program
        .environment()
        .putAll(
            Map.of(
                "TEMPORAL_ADDRESS", TestSystem.TEMPORAL_ADDRESS,
                "TEMPORAL_NAMESPACE", TestSystem.NAMESPACE,
                "EMS_JDBC_URL", TestSystem.variable("TEST_JDBC_URL"),
                "EMS_JDBC_USER", TestSystem.variable("TEST_JDBC_USER"),
                "EMS_JDBC_PASSWORD", TestSystem.variable("TEST_JDBC_PASSWORD")));
    Process running = program.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String told = new String(running.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, running.waitFor(), told);
    assertTrue(told.endsWith(System.lineSeparator()));
    return told;
  }
}
