package emssync.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;

/** TagServer's content and requests, and faults for its answers: the simulator's control endpoints. */
final class TagServer {

  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();
  private final String url;

  TagServer() {
    this(TestSystem.variable("TEST_TAGSERVER_URL"));
  }

  TagServer(String url) {
    this.url = url + "/control";
  }

  /** The person's first name there; null if TagServer has no such person. */
  String firstNameOf(long person) {
    JsonNode stored = person(person);
    return stored.isMissingNode() ? null : stored.path("data").path("givenName").textValue();
  }

  /** How often its content was written, including the creation. */
  int versionOf(long person) {
    return person(person).path("version").asInt();
  }

  /** Write requests for this person, answered or not. */
  List<JsonNode> writesOf(long person) {
    List<JsonNode> writes = new ArrayList<>();
    for (JsonNode entry : call("GET", "/journal?writesOnly=true", null)) {
      if (entry.path("path").asText().equals("/v1/persons/" + person)) writes.add(entry);
    }
    return writes;
  }

  /** Delays the next write of this person. */
  void delayWriteOf(long person, int milliseconds) {
    call(
        "PUT",
        "/faults",
        """
        {"latency": {"ms": %d, "times": 1, "match": {"method": "PUT", "prefix": "/v1/persons/%d"}}}"""
            .formatted(milliseconds, person));
  }

  /** Answers every write of this person with this status. */
  void refuseWritesOf(long person, int status) {
    call(
        "PUT",
        "/faults",
        """
        {"respond": {"status": %d, "match": {"method": "PUT", "prefix": "/v1/persons/%d"}}}"""
            .formatted(status, person));
  }

  void clearFaults() {
    call("DELETE", "/faults", null);
  }

  private JsonNode person(long id) {
    return call("GET", "/state", null).path("persons").path(Long.toString(id));
  }

  private JsonNode call(String method, String path, String body) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path));
    if (body == null) request.method(method, HttpRequest.BodyPublishers.noBody());
    else request.method(method, HttpRequest.BodyPublishers.ofString(body)).header("content-type", "application/json");
    try {
      HttpResponse<String> response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() >= 300) throw new IllegalStateException(method + " " + path + ": " + response.body());
      return json.readTree(response.body().isEmpty() ? "null" : response.body());
    } catch (IOException error) {
      throw new IllegalStateException(error);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(error);
    }
  }
}
