package emssync.client;

/** Names are found in any spelling, as in {@code clients/plain-name.ts}: {@code start-group} is {@code StartGroup}. */
final class PlainName {

  private PlainName() {}

  static boolean isSame(String declared, String name) {
    return name != null && plain(declared).equalsIgnoreCase(plain(name));
  }

  private static String plain(String name) {
    return name.replaceAll("[-_ ]", "");
  }
}
