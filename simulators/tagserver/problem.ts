/** The contract's closed list of codes, each with its status and whether a retry may succeed. */
const codes = {
  'invalid-json': { status: 400, retryable: false },
  'invalid-data': { status: 422, retryable: false },
  'unknown-reference': { status: 422, retryable: true },
  'not-found': { status: 404, retryable: false },
  gone: { status: 410, retryable: false },
  'precondition-failed': { status: 412, retryable: false },
  'precondition-required': { status: 428, retryable: false },
  'stale-source-version': { status: 409, retryable: false },
  'duplicate-tag': { status: 409, retryable: false },
  'duplicate-bib': { status: 409, retryable: false },
  'has-dependents': { status: 409, retryable: true },
  'batch-too-large': { status: 413, retryable: false },
  'idempotency-conflict': { status: 422, retryable: false },
  'idempotency-in-progress': { status: 409, retryable: true },
  'cursor-invalid': { status: 400, retryable: false },
  'cursor-expired': { status: 410, retryable: false },
  unauthorised: { status: 401, retryable: false },
  forbidden: { status: 403, retryable: false },
  'rate-limited': { status: 429, retryable: true },
  unavailable: { status: 503, retryable: true },
} as const;

export type ProblemCode = keyof typeof codes;

/** A problem with one field; `pointer` is RFC 6901 into the request body. */
export interface FieldError {
  readonly pointer: string;
  readonly code: string;
  readonly detail?: string;
}

export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly retryable: boolean;
  readonly resumeCursor?: string;
  readonly errors?: readonly FieldError[];
}

export interface ProblemExtras {
  readonly errors?: readonly FieldError[];
  readonly resumeCursor?: string;
  /** Set if the status differs from the code's default. */
  readonly status?: number;
}

/** A refusal, answered as RFC 9457. `detail` names types and ids, never content. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly #extras: ProblemExtras;

  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.name = 'Problem';
    this.code = code;
    this.status = extras.status ?? codes[code].status;
    this.#extras = extras;
  }

  /** The problem's body; pointers are prefixed with `root` if the data is only part of the request. */
  body(root = ''): ProblemBody {
    const { errors, resumeCursor } = this.#extras;
    const title = this.code.replaceAll('-', ' ');
    return {
      type: `/problems/${this.code}`,
      title: title.charAt(0).toUpperCase() + title.slice(1),
      status: this.status,
      code: this.code,
      detail: this.message,
      retryable: codes[this.code].retryable,
      ...(resumeCursor === undefined ? {} : { resumeCursor }),
      ...(errors === undefined
        ? {}
        : { errors: errors.map((error) => ({ ...error, pointer: `${root}${error.pointer}` })) }),
    };
  }
}

const codeOfStatus: Readonly<Record<number, ProblemCode>> = {
  400: 'invalid-json',
  401: 'unauthorised',
  403: 'forbidden',
  404: 'not-found',
  410: 'gone',
  412: 'precondition-failed',
  413: 'batch-too-large',
  422: 'invalid-data',
  429: 'rate-limited',
};

/** The problem for a bare status, as when a knob asks for "503". */
export const problemOfStatus = (status: number): Problem =>
  new Problem(codeOfStatus[status] ?? 'unavailable', 'Asked for by a knob of the simulator.', { status });
