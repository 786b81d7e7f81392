import type { FastifyReply } from 'fastify';
import { sendProblem } from '../problem.ts';

/** The kinds of problem, each with its status and a fixed title. */
const KINDS = {
  'malformed-request': [400, 'The request is malformed'],
  'unknown-process': [404, 'Unknown sync process'],
  'unknown-type': [404, 'Unknown type for this sync process'],
  'unknown-entity': [404, 'EMS has no such row, and the process has no record of it'],
  'process-off': [409, 'The sync process is disabled'],
  'still-answering': [409, 'A request with this Idempotency-Key is still in progress'],
  'too-many': [413, 'Too many entities in one request'],
  'media-type': [415, 'The body must be JSON'],
  'key-reused': [422, 'This Idempotency-Key was used with another request'],
  busy: [503, 'Too many requests'],
  unreachable: [503, 'A required server cannot be reached'],
} as const satisfies Readonly<Record<string, readonly [number, string]>>;

export type ProblemKind = keyof typeof KINDS;

/** One error in a request. */
export interface Finding {
  /** Where in the body (RFC 6901), for example `/3/id`. */
  readonly pointer: string;
  readonly detail: string;
}

export interface ProblemParts {
  readonly detail: string;
  /** The valid values. */
  readonly valid?: readonly string[];
  readonly errors?: readonly Finding[];
  readonly retryAfterSeconds?: number;
  readonly accepts?: string;
}

/** Ends a request with problem details (RFC 9457). Only sent to callers with a valid token. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  readonly #parts: ProblemParts;

  constructor(kind: ProblemKind, parts: ProblemParts) {
    super(parts.detail);
    this.kind = kind;
    this.#parts = parts;
  }

  /** The response body. */
  body() {
    const [status, title] = KINDS[this.kind];
    const { detail, valid, errors } = this.#parts;
    return {
      type: problemType(this.kind),
      title,
      status,
      detail,
      ...(valid === undefined ? {} : { valid }),
      ...(errors === undefined ? {} : { errors }),
    };
  }

  send(reply: FastifyReply) {
    const { retryAfterSeconds, accepts } = this.#parts;
    if (accepts !== undefined) void reply.header('accept-post', accepts);
    if (retryAfterSeconds !== undefined) void reply.header('retry-after', retryAfterSeconds);
    const { status, ...rest } = this.body();
    return sendProblem(reply, status, rest);
  }
}

/** A stable URI by which programs tell problems apart; it does not resolve. */
export const problemType = (kind: ProblemKind) => `urn:problem-type:ems-sync:${kind}`;
