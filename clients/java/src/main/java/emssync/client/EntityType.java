package emssync.client;

import java.util.Arrays;
import java.util.List;

/** All types of EMS rows that can be synchronised, as in {@code sync/entity-type.ts}. */
public enum EntityType {
  ORGANISATION("Organisation"),
  PERSON("Person"),
  /** A child of its person: the worker finds the person itself. */
  CONTACT_PREFERENCE("ContactPreference"),
  EVENT("Event"),
  RACE("Race"),
  START_GROUP("StartGroup"),
  EVENT_PARTICIPANT("EventParticipant"),
  START_GROUP_PARTICIPANT("StartGroupParticipant"),
  TAG("Tag"),
  CONVERSATION("Conversation");

  private final String entityName;

  EntityType(String entityName) {
    this.entityName = entityName;
  }

  /** The name in workflow ids, in the Web UI and on the command line, for example {@code StartGroup}. */
  public String entityName() {
    return entityName;
  }

  /**
   * The type with this name, for example {@code StartGroup}: the simple name of EMS's entity class. Case and word
   * separators do not matter.
   *
   * @throws EmsSyncException.UnknownName with the valid names
   */
  public static EntityType of(String name) {
    return Arrays.stream(values())
        .filter(type -> PlainName.isSame(type.entityName, name))
        .findFirst()
        .orElseThrow(() -> new EmsSyncException.UnknownName("entity type", name, names()));
  }

  private static List<String> names() {
    return Arrays.stream(values()).map(EntityType::entityName).toList();
  }
}
