import { isGrpcServiceError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';

/** The gRPC codes that we distinguish. */
export const GRPC = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

export interface GrpcFailure {
  readonly code: number;
  /** The server's message. */
  readonly details: string;
}

/** Temporal's answer, from an SDK error or its cause; null for any other error. */
export function grpcFailure(error: unknown): GrpcFailure | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // The SDK hides the gRPC error behind one of its own.
    if (cause instanceof NamespaceNotFoundError) return { code: GRPC.NOT_FOUND, details: 'no such namespace' };
    if (isGrpcServiceError(cause)) return { code: cause.code, details: cause.details };
  }
  return null;
}
