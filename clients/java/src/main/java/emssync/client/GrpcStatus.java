package emssync.client;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** What gRPC's codes mean for a caller. */
final class GrpcStatus {

  private GrpcStatus() {}

  /** Temporal's answer, from an error of the SDK or one of its causes; null if there is none. */
  static StatusRuntimeException in(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof StatusRuntimeException answer) return answer;
    }
    return null;
  }

  /** Temporal understood the request, and repeating it would not help. */
  static boolean isRefusal(StatusRuntimeException answer) {
    return switch (answer.getStatus().getCode()) {
      case INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, PERMISSION_DENIED, UNAUTHENTICATED, FAILED_PRECONDITION,
              UNIMPLEMENTED, OUT_OF_RANGE ->
          true;
      default -> false;
    };
  }

  /** The code, Temporal's own message, and the root cause, for example a TLS error. */
  static String describe(StatusRuntimeException answer) {
    Status status = answer.getStatus();
    StringBuilder text = new StringBuilder(status.getCode().name());
    if (status.getDescription() != null) text.append(": ").append(status.getDescription());
    Throwable root = status.getCause();
    while (root != null && root.getCause() != null) root = root.getCause();
    if (root != null && root.getMessage() != null) text.append(": ").append(root.getMessage());
    return text.toString();
  }
}
