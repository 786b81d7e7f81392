package emssync.client;

import java.time.Duration;
import java.util.List;

/** All exceptions of this library; each message says what to do. None of them is a reason to undo EMS's own change. */
public abstract sealed class EmsSyncException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private EmsSyncException(String message, Throwable cause) {
    super(message, cause);
  }

  /** There is no sync process or entity type with this name. */
  public static final class UnknownName extends EmsSyncException {
    private static final long serialVersionUID = 1L;

    private final List<String> validNames;

    UnknownName(String what, String name, List<String> validNames) {
      super("There is no %s \"%s\". Use one of %s.".formatted(what, name, String.join(", ", validNames)), null);
      this.validNames = List.copyOf(validNames);
    }

    /** The valid names. */
    public List<String> validNames() {
      return validNames;
    }
  }

  /** The caller passed an invalid argument: an id below 1, no time to wait, a certificate that cannot be read. */
  public static final class BadArgument extends EmsSyncException {
    private static final long serialVersionUID = 1L;

    BadArgument(String message) {
      this(message, null);
    }

    BadArgument(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** The process lacks its settings, so no worker serves it, and nothing was requested. */
  public static final class ProcessOff extends EmsSyncException {
    private static final long serialVersionUID = 1L;

    ProcessOff(SyncProcess process) {
      super(
          ("%s is off: no worker serves it. `npx ems-sync check` names the settings that it lacks; once they are set and"
                  + " the workers restarted, sweeps find every row.")
              .formatted(process),
          null);
    }
  }

  /** Temporal gave no answer in time. Nothing is lost: the next sweep finds the row. */
  public static final class Unreachable extends EmsSyncException {
    private static final long serialVersionUID = 1L;

    Unreachable(String address, Duration limit, String detail, Throwable cause) {
      super(
          ("Temporal at %s did not answer within %s (%s). Is it running, and are address and TLS right? Nothing is lost:"
                  + " the next sweep brings the row, or ask again.")
              .formatted(address, inSeconds(limit), detail),
          cause);
    }

    /** For one id among many, after requests for others have failed in this way. */
    Unreachable(Unreachable first) {
      super("Not asked for, as others had no answer before: " + first.getMessage(), first);
    }
  }

  /** Temporal answered and refused: wrong namespace, wrong API key, no permission, missing search attributes. */
  public static final class Refused extends EmsSyncException {
    private static final long serialVersionUID = 1L;

    Refused(String address, String namespace, String detail, Throwable cause) {
      super(
          ("Temporal at %s refused the request in namespace %s: %s. Check namespace, API key and certificate; search"
                  + " attributes that lack are made by `npx ems-sync schedules apply`.")
              .formatted(address, namespace, detail),
          cause);
    }
  }

  /** No outcome in time. The run continues on its own, and no new request is needed. */
  public static final class NoResultInTime extends EmsSyncException {
    private static final long serialVersionUID = 1L;

    private NoResultInTime(String message, Throwable cause) {
      super(message, cause);
    }

    /** A worker has taken the request. */
    static NoResultInTime takenUp(String workflowId, String why, Throwable cause) {
      return new NoResultInTime(
          ("%s gave no result %s. The run goes on by itself; look it up by that id in Temporal's Web UI, or with"
                  + " `npx ems-sync why`.")
              .formatted(workflowId, why),
          cause);
    }

    /** Temporal has stored the request; whether a worker has taken it is unknown. */
    static NoResultInTime notTakenUp(String workflowId, String why, Throwable cause) {
      return new NoResultInTime(
          ("%s gave no result %s, and no worker has taken the request up by then: is one running? The run goes on by"
                  + " itself as soon as one does, and the next sweep brings the row in any case.")
              .formatted(workflowId, why),
          cause);
    }
  }

  /** The pair's run ended with an error: there is no such pair, or a day of retries was not enough. */
  public static final class RunFailed extends EmsSyncException {
    private static final long serialVersionUID = 1L;

    RunFailed(String workflowId, String detail, Throwable cause) {
      super(
          ("The run of %s failed: %s. The next sweep, or the next request, starts it anew; `npx ems-sync why` tells more.")
              .formatted(workflowId, detail),
          cause);
    }
  }

  /** The answer is encrypted with a key that this client does not have. The run itself is not affected. */
  public static final class Unreadable extends EmsSyncException {
    private static final long serialVersionUID = 1L;

    Unreadable(String workflowId, Throwable cause) {
      super(
          ("The result of %s cannot be read: the workers encrypt it with a key that this client does not have. Give it"
                  + " the workers' TEMPORAL_CODEC_KEY (codecKey). The run itself is not affected.")
              .formatted(workflowId),
          cause);
    }
  }

  static String inSeconds(Duration time) {
    return time.toMillis() % 1_000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
  }
}
