/** The vendor's known codes, with the vendor's words where known. */
const messages: Readonly<Record<number, string>> = {
  1: 'Unknown method',
  2: 'HTTP method not supported',
  3: 'Invalid parameters',
  4: 'Unknown error',
  5: 'Database error',
  6: 'Key authentication failed',
  7: 'Permission denied',
  9: 'Invalid date',
  11: 'Invalid submission',
  12: 'Request received out of order',
  13: 'Must be logged in as a user',
  14: 'Request throttled.',
  15: 'Invalid ID',
  101: 'User not found',
  104: 'First name required',
  105: 'First name invalid',
  106: 'Last name required',
  107: 'Last name invalid',
  108: 'E-mail invalid',
  109: 'Street over 512 characters',
  110: 'City over 128 characters',
  111: 'State invalid',
  112: 'Country invalid',
  113: 'Zip invalid',
  114: 'Gender invalid',
  115: 'Bib invalid',
  116: 'Chip invalid',
  117: 'Date of birth invalid',
  118: 'Age invalid',
  119: 'Age and date of birth do not match',
  120: 'Phone invalid',
  121: 'User is not editable',
  122: 'E-mail already associated with an existing account',
  123: 'City has invalid characters',
  201: 'Race not found',
  203: 'Race name required',
  214: 'Time zone invalid',
  215: 'Race URL invalid',
  216: 'Race URL is already in use. Please use a different URL.',
  217: 'At least one event required',
  218: 'Event name invalid',
  219: 'Event start required',
  220: 'Event start invalid',
  223: 'Event id invalid',
  224: 'Renewal not allowed',
  225: 'Event type required',
  227: 'Past event needs allow_past_event_creation',
  228: 'Event type invalid',
  514: 'Team not found',
  515: 'Team is closed',
  517: 'Potential duplicate participant',
};

/** The HTTP status in the mode where errors have one, from some of the vendor's newer pages. */
const statuses: Readonly<Record<number, number>> = {
  1: 404,
  2: 405,
  4: 500,
  5: 500,
  6: 401,
  7: 403,
  12: 401,
  13: 401,
  14: 429,
  15: 404,
  101: 404,
  121: 403,
  122: 409,
  201: 404,
  216: 409,
  224: 409,
};

const codesOfStatus: Readonly<Record<number, number>> = { 401: 6, 403: 7, 404: 15, 405: 2, 429: 14 };

interface ErrorDetail {
  readonly error_code: number;
  readonly error_msg: string;
  readonly detailed_desc: string;
}

export interface ErrorEnvelope {
  readonly error: {
    readonly error_code: number;
    readonly error_msg: string;
    readonly error_details?: readonly ErrorDetail[];
  };
}

/** A refusal in the vendor's words. Usually sent with HTTP 200. */
export class RunSignupError extends Error {
  readonly code: number;
  readonly #details: readonly ErrorDetail[];

  constructor(code: number, message: string = messages[code] ?? `Error ${code}`, details: readonly ErrorDetail[] = []) {
    super(message);
    this.name = 'RunSignupError';
    this.code = code;
    this.#details = details;
  }

  /** The HTTP status in the mode where errors have one. */
  get status(): number {
    return statuses[this.code] ?? 400;
  }

  body(): ErrorEnvelope {
    const error_details = this.#details;
    return {
      error: {
        error_code: this.code,
        error_msg: this.message,
        ...(error_details.length === 0 ? {} : { error_details }),
      },
    };
  }
}

/** 517, in the details of an invalid submission, with the id of the existing registration. */
export const potentialDuplicateOf = (registrationId: number): RunSignupError =>
  new RunSignupError(11, messages[11], [
    { error_code: 517, error_msg: messages[517] ?? '', detailed_desc: `Registration ${registrationId}` },
  ]);

/** The error for a bare status, as when a knob asks for "403"; 200 stands for throttling. */
export const errorOfStatus = (status: number): RunSignupError =>
  new RunSignupError(status === 200 ? 14 : (codesOfStatus[status] ?? 3));
