import type { ErrorClass } from '../../sync/error-class.ts';
import { SyncError } from '../../sync/sync-error.ts';

interface Meaning {
  readonly errorClass: ErrorClass;
  /** In our words, because RunSignup's message may repeat what was sent. */
  readonly says: string;
  readonly field?: string;
  readonly retryAfterMs?: number;
}

/** Codes for something that does not exist, or no longer. */
export const GONE_CODES: readonly number[] = [15, 101, 201];

/** RunSignup gives no wait time; it advises to start with half a minute. */
const THROTTLED_MS = 30_000;

const CHECK_KEY = 'check RUNSIGNUP_API_KEY';

const rejected = (says: string, field?: string): Meaning => ({
  errorClass: 'rejected',
  says,
  ...(field === undefined ? {} : { field }),
});
const targetDown = (says: string): Meaning => ({ errorClass: 'target-down', says: `${says}: ${CHECK_KEY}` });
const transient = (says: string): Meaning => ({ errorClass: 'transient', says });

/** RunSignup's error codes, whatever HTTP status they come with (vendors, RunSignup: errors and throttling). */
const MEANINGS: Readonly<Record<number, Meaning>> = {
  3: rejected('invalid parameters'),
  4: transient('unknown error'),
  5: transient('database error'),
  6: targetDown('key authentication failed'),
  7: targetDown('permission denied'),
  9: rejected('invalid date'),
  11: rejected('invalid submission'),
  12: targetDown('request out of order'),
  13: targetDown('a user must be logged in'),
  14: { ...transient('throttled'), retryAfterMs: THROTTLED_MS },
  15: rejected('no such id'),
  101: rejected('no such user'),
  104: rejected('first name required', 'firstName'),
  105: rejected('first name invalid', 'firstName'),
  106: rejected('last name required', 'lastName'),
  107: rejected('last name invalid', 'lastName'),
  108: rejected('e-mail invalid', 'email'),
  109: rejected('street too long', 'street'),
  110: rejected('city too long', 'city'),
  111: rejected('state invalid', 'state'),
  112: rejected('country invalid', 'country'),
  113: rejected('zip code invalid', 'zipcode'),
  114: rejected('gender invalid', 'gender'),
  115: rejected('bib invalid', 'bib'),
  116: rejected('chip invalid', 'chip'),
  117: rejected('date of birth invalid', 'dateOfBirth'),
  118: rejected('age invalid'),
  119: rejected('age and date of birth do not agree', 'dateOfBirth'),
  120: rejected('phone invalid', 'phone'),
  121: rejected('the personal data of an account holder cannot be edited'),
  122: rejected('the e-mail belongs to an account', 'email'),
  123: rejected('city with characters that are not allowed', 'city'),
  201: rejected('no such race'),
  203: rejected('race name required', 'name'),
  204: rejected('race refused'),
  205: rejected('race refused'),
  214: rejected('time zone invalid'),
  215: rejected('race URL invalid'),
  216: rejected('race URL in use'),
  217: rejected('a race needs an event'),
  218: rejected('event name invalid', 'name'),
  219: rejected('event start required', 'startsOn'),
  220: rejected('event start invalid', 'startsOn'),
  221: rejected('event refused'),
  222: rejected('event refused'),
  223: rejected('event id invalid'),
  224: rejected('renewal not allowed'),
  225: rejected('event type required'),
  226: rejected('event refused'),
  227: rejected('the event lies in the past', 'startsOn'),
  228: rejected('event type invalid'),
  229: rejected('event refused'),
  230: rejected('event refused'),
  514: rejected('no such team', 'teamName'),
  515: rejected('the team is closed', 'teamName'),
  517: rejected('a potential duplicate of another registration'),
};

/** Every code with the class that decides the remedy; a contract error is never in the table. */
export const ERROR_MEANINGS = Object.entries(MEANINGS).map(([number, { errorClass, says }]) => ({
  number,
  errorClass: errorClass as 'rejected' | 'target-down' | 'transient',
  says: says.replace(/: .*$/, ''),
}));

/** For an unknown code the contract has changed: retried, then parked. */
const UNKNOWN: Meaning = { errorClass: 'contract', says: 'an error that is not known here' };

/** RunSignup's refusal, with the error class of its code. */
export class RunSignupError extends SyncError {
  readonly errorCode: number;

  /**
   * @param what the call, for example `GET race/567`: ids only, never its query.
   * @param said.otherId the id of the registration that the error names, if any.
   * @param said.askedMs the wait that the answer asks for, if any; it replaces ours.
   */
  constructor(
    errorCode: number,
    what: string,
    { otherId = null, askedMs }: { readonly otherId?: string | null; readonly askedMs?: number | undefined } = {},
  ) {
    const { errorClass, says, field, ...meaning } = MEANINGS[errorCode] ?? UNKNOWN;
    const retryAfterMs = askedMs ?? meaning.retryAfterMs;
    const meant = otherId === null ? says : `${says}: ${otherId}`;
    super(errorClass, `RunSignup answered ${what} with error ${errorCode} (${meant})`, {
      code: `runsignup-${errorCode}`,
      ...(field === undefined ? {} : { field }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
    this.errorCode = errorCode;
  }

  /** Whether RunSignup reports that it does not exist. */
  get isGone(): boolean {
    return GONE_CODES.includes(this.errorCode);
  }
}

/** The answer, or null if the record does not exist. */
export async function unlessGone<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RunSignupError && error.isGone) return null;
    throw error;
  }
}
