import type { z } from 'zod';
import { SyncError } from '../../sync/sync-error.ts';
import { notJson, parseJson, readAnswer, type Answer as AnswerOf } from '../answer.ts';
import { apiAddress } from '../api-address.ts';
import { HttpClient, type HttpAnswer, type HttpCall } from '../http.ts';
import { retryAfterMs } from '../retry-after.ts';
import { isErrorBody, readRefused, type Refused } from './answers.ts';
import { personColumn } from './person-mapping.ts';
import type { ChatwootSettings } from './settings.ts';

/** ChatWoot needs seconds for a long list; after half a minute something is wrong. */
const REQUEST_TIMEOUT_MS = 30_000;

/** ChatWoot limits calls per minute, and reports when the minute ends only if configured to. */
const THROTTLED_MS = 30_000;

type Method = HttpCall['method'];

export type CallOptions = Pick<HttpCall, 'json' | 'searchParams'>;

/** Missing: 404. Refused: 422. */
export type Answer<T> = AnswerOf<T, { readonly refused: Refused }>;

/** Calls to one account. Every answer is validated, and every error has a class. */
export class ChatwootHttp {
  readonly #http: HttpClient;

  constructor({ CHATWOOT_URL, CHATWOOT_ACCOUNT_ID, CHATWOOT_TOKEN }: ChatwootSettings) {
    this.#http = new HttpClient({
      target: 'ChatWoot',
      url: apiAddress(CHATWOOT_URL, `/api/v1/accounts/${CHATWOOT_ACCOUNT_ID}`),
      setting: 'CHATWOOT_URL',
      headers: { api_access_token: CHATWOOT_TOKEN },
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
  }

  /** @throws SyncError of class `target-down` if no call would be made now. */
  assertCallable(): void {
    this.#http.assertCallable();
  }

  /** For calls where 404 or 422 is a normal answer. */
  async ask<T>(method: Method, path: string, schema: z.ZodType<T>, options: CallOptions = {}): Promise<Answer<T>> {
    const answer = await this.#http.call({ method, path, ...options });
    const { status } = answer;
    if (isMissing(answer)) return { kind: 'missing' };
    if (status === 200) return { kind: 'answered', value: readAnswer(schema, answer), status };
    const refused = status === 422 ? readRefused(answer.body, options.json) : null;
    if (refused !== null) return { kind: 'refused', refused };
    throw refusal(answer);
  }

  /** For calls that ChatWoot has no reason to refuse. */
  async get<T>(method: Method, path: string, schema: z.ZodType<T>, options: CallOptions = {}): Promise<T> {
    const answer = await this.#http.call({ method, path, ...options });
    if (answer.status !== 200) throw refusal(answer, options.json);
    return readAnswer(schema, answer);
  }

  /** Null if it does not exist. */
  async find<T>(path: string, schema: z.ZodType<T>, options: CallOptions = {}): Promise<T | null> {
    const answer = await this.ask('GET', path, schema, options);
    if (answer.kind === 'refused') throw refusedError(answer.refused, `GET ${path}`);
    return answer.kind === 'answered' ? answer.value : null;
  }

  /** Deletes the record; succeeds if it does not exist. */
  async delete(path: string): Promise<void> {
    const answer = await this.#http.call({ method: 'DELETE', path });
    if (answer.status !== 200 && !isMissing(answer)) throw refusal(answer);
  }
}

/** Only ChatWoot's own 404 counts: one from a proxy or a wrong address must not look like a deleted record. */
function isMissing({ status, body }: HttpAnswer): boolean {
  return status === 404 && isErrorBody(body);
}

/** The error class of an unsuccessful answer without a special meaning for the call. */
function refusal(answer: HttpAnswer, sent?: unknown): SyncError {
  const { what, status, headers, body } = answer;
  const code = `http-${status}`;
  const wait = retryAfterMs(headers['retry-after']);
  const options = { code, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  const said = `ChatWoot answered ${what} with ${status}`;
  if (status === 429) return new SyncError('transient', said, { code, retryAfterMs: wait ?? THROTTLED_MS });
  if (status === 401 || status === 403) {
    return new SyncError('target-down', `${said}: check CHATWOOT_TOKEN`, options);
  }
  if (status === 404) {
    return new SyncError('target-down', `${said}: check CHATWOOT_URL, CHATWOOT_ACCOUNT_ID, CHATWOOT_INBOX_ID`, options);
  }
  if (status === 503) return new SyncError('target-down', said, options);
  // A unique index also answers 500 if two requests with one e-mail address arrive together.
  if (status >= 500 || status === 408) return new SyncError('transient', said, options);
  if (parseJson(body) === undefined) return notJson(answer);
  const refused = status === 422 ? readRefused(body, sent) : null;
  if (refused !== null) return refusedError(refused, what);
  return new SyncError(status < 400 ? 'contract' : 'rejected', said, options);
}

/** Content that ChatWoot rejects, with the EMS columns of the attributes it names. */
export function refusedError({ attributes }: Refused, what: string): SyncError {
  const said = `ChatWoot answered ${what} with 422`;
  const [column, ...more] = attributes.map(personColumn);
  return new SyncError('rejected', column === undefined ? said : `${said} at ${[column, ...more].join(', ')}`, {
    code: 'http-422',
    ...(column === undefined ? {} : { field: column }),
  });
}
