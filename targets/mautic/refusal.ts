import type { Response } from 'got';
import { SyncError } from '../../sync/sync-error.ts';
import { retryAfterMs } from '../retry-after.ts';
import { readFailures, type Failure } from './answers.ts';

/** Mautic counts by the hour and says when that is over, if it says anything. */
const THROTTLED_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;

const SIGN_IN =
  'check MAUTIC_USERNAME and MAUTIC_PASSWORD, or MAUTIC_CLIENT_ID and MAUTIC_CLIENT_SECRET, and that the API allows them';

/** The class of an answer that is no success and has no meaning of its own for the call. Never quotes a value. */
export function refusal({ statusCode, headers, body }: Response<string>, what: string): SyncError {
  const failures = readFailures(body);
  const said = `Mautic answered ${what} with ${statusCode}`;
  const code = `http-${statusCode}`;
  if (statusCode === 429) {
    return new SyncError('transient', `${said}: too many calls`, { code, retryAfterMs: throttledFor(headers) });
  }
  const isMautics = failures.length > 0;
  if (failures.some(({ type }) => type === 'api_disabled')) {
    return new SyncError('target-down', `${said}: its API is switched off (Configuration, API settings)`, { code });
  }
  if (statusCode === 401 || (statusCode === 403 && isMautics) || (statusCode === 400 && isOAuth(failures))) {
    return new SyncError('target-down', `${said}: ${SIGN_IN}`, { code });
  }
  // A firewall before it, which throttles in its own way.
  if (statusCode === 403 || statusCode === 408) return new SyncError('transient', said, { code });
  // What may be missing is asked for otherwise.
  if (statusCode === 404) return new SyncError('target-down', `${said}: check MAUTIC_URL`, { code });
  if (statusCode === 503) return new SyncError('target-down', said, { code });
  if (statusCode >= 500) return new SyncError('transient', said, { code });
  if (statusCode < 400) return new SyncError('contract', said, { code });
  return invalid(failures, what, statusCode);
}

/** Content that Mautic does not take, with the fields that it names. */
export function invalid(failures: readonly Failure[], what: string, status: number): SyncError {
  const fields = failures
    .flatMap(({ details }) => Object.keys(details ?? {}))
    .filter((field) => /^[a-z0-9_]+$/.test(field));
  const columns = fields.map((field) => COLUMNS[field] ?? field);
  const at = columns.length === 0 ? '' : ` at ${columns.join(', ')}${wordsOf(failures)}`;
  return new SyncError('rejected', `Mautic answered ${what} with ${status}${at}`, {
    code: `http-${status}`,
    ...(columns[0] === undefined ? {} : { field: columns[0] }),
  });
}

/** Mautic's words where they are known to tell no value; any others might. */
const WORDS = /\b(must be unique|too long|valid email is required|selected choice is invalid|value is not valid)\b/;

function wordsOf(failures: readonly Failure[]): string {
  const [, words] = WORDS.exec(failures.map(({ message }) => message ?? '').join(' ')) ?? [];
  return words === undefined ? '' : ` (${words})`;
}

/** EMS's columns by Mautic's aliases. */
const COLUMNS: Readonly<Record<string, string>> = {
  firstname: 'first_name',
  lastname: 'last_name',
  mobile: 'phone',
  address1: 'street',
  state: 'region',
  zipcode: 'postal_code',
  preferred_locale: 'language',
  ems_birth_date: 'date_of_birth',
};

const isOAuth = (failures: readonly Failure[]) =>
  failures.some(({ type }) => ['invalid_client', 'invalid_grant', 'unauthorized_client'].includes(type ?? ''));

function throttledFor(headers: Response<string>['headers']): number {
  const told = retryAfterMs(headers['retry-after']);
  if (told !== undefined) return told;
  const reset = Number(headers['x-ratelimit-reset']);
  const left = reset * 1_000 - Date.now();
  return reset > 0 && left > 0 ? Math.min(left, LONGEST_WAIT_MS) : THROTTLED_MS;
}
