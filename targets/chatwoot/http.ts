import got, { type Got, type Method, type Response } from 'got';
import type { z } from 'zod';
import { SyncError } from '../../sync/sync-error.ts';
import { connectionError } from '../connection-error.ts';
import { retryAfterMs } from '../retry-after.ts';
import { isErrorBody, readAnswer, readRefused, type Refused } from './answers.ts';
import { personColumn } from './person-mapping.ts';
import type { ChatwootSettings } from './settings.ts';

/** A long list takes ChatWoot seconds; half a minute is a server in trouble. */
const REQUEST_TIMEOUT_MS = 30_000;

/** ChatWoot counts by the minute, and does not say when the minute is over unless it is told to. */
const THROTTLED_MS = 30_000;

export interface CallOptions {
  readonly json?: unknown;
  readonly searchParams?: Record<string, string | number>;
}

export type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  /** 404: it is not there (any more). */
  | { readonly kind: 'missing' }
  /** 422: it would not have what was sent. */
  | { readonly kind: 'refused'; readonly refused: Refused };

/** Calls to one account. Every answer is checked, every error has a class, nothing is retried here. */
export class ChatwootHttp {
  readonly #http: Got;

  constructor({ CHATWOOT_URL, CHATWOOT_ACCOUNT_ID, CHATWOOT_TOKEN }: ChatwootSettings) {
    this.#http = got.extend({
      prefixUrl: `${CHATWOOT_URL.replace(/\/+$/, '')}/api/v1/accounts/${CHATWOOT_ACCOUNT_ID}`,
      headers: { api_access_token: CHATWOOT_TOKEN, 'user-agent': 'ems-sync' },
      timeout: { request: REQUEST_TIMEOUT_MS },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      responseType: 'text',
    });
  }

  /** For calls to which 404 or 422 is an answer like any other. */
  async ask<T>(method: Method, path: string, schema: z.ZodType<T>, options: CallOptions = {}): Promise<Answer<T>> {
    const response = await this.#call(method, path, options);
    if (isMissing(response)) return { kind: 'missing' };
    if (response.statusCode === 422) return { kind: 'refused', refused: readRefused(response.body) };
    if (response.statusCode !== 200) throw refusal(response, `${method} ${path}`);
    return { kind: 'answered', value: readAnswer(schema, response.body, `${method} ${path}`) };
  }

  /** For calls that ChatWoot has no reason to refuse. */
  async get<T>(method: Method, path: string, schema: z.ZodType<T>, options: CallOptions = {}): Promise<T> {
    const response = await this.#call(method, path, options);
    if (response.statusCode !== 200) throw refusal(response, `${method} ${path}`);
    return readAnswer(schema, response.body, `${method} ${path}`);
  }

  /** Null: it is not there. */
  async find<T>(path: string, schema: z.ZodType<T>, options: CallOptions = {}): Promise<T | null> {
    const answer = await this.ask('GET', path, schema, options);
    if (answer.kind === 'refused') throw refusedError(answer.refused, `GET ${path}`);
    return answer.kind === 'answered' ? answer.value : null;
  }

  /** Gone afterwards, whether or not it was there. */
  async delete(path: string): Promise<void> {
    const response = await this.#call('DELETE', path, {});
    if (response.statusCode !== 200 && !isMissing(response)) throw refusal(response, `DELETE ${path}`);
  }

  async #call(method: Method, path: string, options: CallOptions): Promise<Response<string>> {
    try {
      return await this.#http(path, { method, ...options });
    } catch (error) {
      throw connectionError('ChatWoot', error, 'CHATWOOT_URL');
    }
  }
}

/** ChatWoot says so itself: the 404 of a proxy, or of a wrong address, must not pass for a record that has gone. */
function isMissing({ statusCode, body }: Response<string>): boolean {
  return statusCode === 404 && isErrorBody(body);
}

/** The class of an answer that is no success and has no meaning of its own for the call. */
function refusal({ statusCode, headers, body }: Response<string>, what: string): SyncError {
  const code = `http-${statusCode}`;
  const wait = retryAfterMs(headers['retry-after']);
  const options = { code, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  const said = `ChatWoot answered ${what} with ${statusCode}`;
  if (statusCode === 429) return new SyncError('transient', said, { code, retryAfterMs: wait ?? THROTTLED_MS });
  if (statusCode === 401 || statusCode === 403) {
    return new SyncError('target-down', `${said}: check CHATWOOT_TOKEN`, options);
  }
  if (statusCode === 404) {
    return new SyncError('target-down', `${said}: check CHATWOOT_URL, CHATWOOT_ACCOUNT_ID, CHATWOOT_INBOX_ID`, options);
  }
  if (statusCode === 503) return new SyncError('target-down', said, options);
  // 500 is also what a unique index says when two requests for one e-mail address come at once.
  if (statusCode >= 500 || statusCode === 408) return new SyncError('transient', said, options);
  if (statusCode !== 422) return new SyncError(statusCode < 400 ? 'contract' : 'rejected', said, options);
  return refusedError(readRefused(body), what);
}

/** Content that ChatWoot does not take, with our names of the attributes that it names. */
export function refusedError({ attributes }: Refused, what: string): SyncError {
  const said = `ChatWoot answered ${what} with 422`;
  const [column, ...more] = attributes.map(personColumn);
  return new SyncError('rejected', column === undefined ? said : `${said} at ${[column, ...more].join(', ')}`, {
    code: 'http-422',
    ...(column === undefined ? {} : { field: column }),
  });
}
