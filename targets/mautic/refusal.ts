import type { IncomingHttpHeaders } from 'node:http';
import { SyncError } from '../../sync/sync-error.ts';
import { notJson, parseJson } from '../answer.ts';
import type { HttpAnswer } from '../http.ts';
import { retryAfterMs } from '../retry-after.ts';
import { readFailures, type Failure } from './answers.ts';
import { ALIASES, columnOf, EMS_ID_FIELD } from './contact-fields.ts';

/** Mautic limits calls per hour, and may report when the hour ends. */
const THROTTLED_MS = 60_000;
const LONGEST_WAIT_MS = 3_600_000;

const SIGN_IN =
  'check MAUTIC_USERNAME and MAUTIC_PASSWORD, or MAUTIC_CLIENT_ID and MAUTIC_CLIENT_SECRET, and that the API allows them';

/** The error class of an unsuccessful answer without a special meaning for the call. Never quotes a value. */
export function refusal(answer: HttpAnswer): SyncError {
  const { what, status, headers, body } = answer;
  const failures = readFailures(body);
  const said = `Mautic answered ${what} with ${status}`;
  const code = `http-${status}`;
  if (status === 429) {
    return new SyncError('transient', `${said}: too many calls`, { code, retryAfterMs: throttledFor(headers) });
  }
  const isMautics = failures.length > 0;
  if (failures.some(({ type }) => type === 'api_disabled')) {
    return new SyncError('target-down', `${said}: its API is switched off (Configuration, API settings)`, { code });
  }
  if (status === 401 || (status === 403 && isMautics) || (status === 400 && isOAuth(failures))) {
    return new SyncError('target-down', `${said}: ${SIGN_IN}`, { code });
  }
  // A firewall before Mautic, which throttles in its own way.
  if (status === 403 || status === 408) return new SyncError('transient', said, { code });
  // Calls whose record may be missing do not get here.
  if (status === 404) return new SyncError('target-down', `${said}: check MAUTIC_URL`, { code });
  if (status === 503) return new SyncError('target-down', said, { code });
  if (status >= 500) return new SyncError('transient', said, { code });
  if (status < 400) return new SyncError('contract', said, { code });
  if (parseJson(body) === undefined) return notJson(answer);
  return invalid(failures, what, status);
}

/** Content that Mautic rejects, with the EMS columns of the fields it names. */
export function invalid(failures: readonly Failure[], what: string, status: number): SyncError {
  const named = new Set(failures.flatMap(({ details }) => Object.keys(details ?? {})));
  const columns = WRITTEN.filter((alias) => named.has(alias)).map(columnOf);
  const at = columns.length === 0 ? '' : ` at ${columns.join(', ')}${wordsOf(failures)}`;
  return new SyncError('rejected', `Mautic answered ${what} with ${status}${at}`, {
    code: `http-${status}`,
    ...(columns[0] === undefined ? {} : { field: columns[0] }),
  });
}

/** Mautic's phrases that contain no value. All other text is left out. */
const WORDS =
  /\b(must be unique|too long\. It should have \d{1,6} characters? or less|too long|is invalid|value is not valid)\b/;

/** The limits per message and in total: enough for what Mautic reports about one contact. */
const LONGEST_WORDS = 200;
const MOST_MESSAGES = 20;

function wordsOf(failures: readonly Failure[]): string {
  const messages = failures.slice(0, MOST_MESSAGES).map(({ message }) => (message ?? '').slice(0, LONGEST_WORDS));
  const [, words] = WORDS.exec(messages.join(' ')) ?? [];
  return words === undefined ? '' : ` (${words})`;
}

/** The fields we write. Any other name is text from the remote and is left out. */
const WRITTEN: readonly string[] = [...ALIASES.map(([, alias]) => alias), EMS_ID_FIELD.alias, 'tags'];

const isOAuth = (failures: readonly Failure[]) =>
  failures.some(({ type }) => ['invalid_client', 'invalid_grant', 'unauthorized_client'].includes(type ?? ''));

function throttledFor(headers: IncomingHttpHeaders): number {
  const told = retryAfterMs(headers['retry-after']);
  if (told !== undefined) return told;
  const reset = Number(headers['x-ratelimit-reset']);
  const left = reset * 1_000 - Date.now();
  return reset > 0 && left > 0 ? Math.min(left, LONGEST_WAIT_MS) : THROTTLED_MS;
}
