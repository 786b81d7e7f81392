import type { IncomingHttpHeaders } from 'node:http';
import got, { RequestError, type Got, type Response } from 'got';
import { SyncError } from '../sync/sync-error.ts';
import { connectionError } from './connection-error.ts';
import { isOverloaded } from './json-shape.ts';
import { published } from './remote-calls.ts';

/** Longer answers are an error. A call that may return more sets its own limit. */
const MOST_BYTES = 10 * 2 ** 20;

export interface HttpClientOptions {
  /** The target's name in messages. */
  readonly target: string;
  /** Paths of calls are relative to it. */
  readonly url: string;
  /** The environment variable that holds the address, for messages. */
  readonly setting: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** For HTTP's Basic authentication. */
  readonly username?: string;
  readonly password?: string;
  /** For the whole call, including the answer. */
  readonly timeoutMs: number;
  /** The maximum body length of an answer after decompression. Default 10 MiB. */
  readonly mostBytes?: number;
}

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Without a leading slash. */
  readonly path: string;
  /** The call's name in messages, needed if the path contains personal data. Default `GET path`. */
  readonly what?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly searchParams?: URLSearchParams | Readonly<Record<string, string | number | boolean>>;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>>;
  /** Overrides the client's. */
  readonly timeoutMs?: number;
  readonly mostBytes?: number;
}

/** An answer of any status. Its body is untrusted and must not be quoted. */
export interface HttpAnswer {
  readonly target: string;
  /** The call's name, for messages. */
  readonly what: string;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/**
 * The HTTP client of all targets. It does not follow redirects, because they would send tokens and personal data to
 * another host, and does not retry, because Temporal does. Time and length of each answer are limited.
 *
 * @example
 * const http = new HttpClient({ target: 'TagServer', url, setting: 'TAGSERVER_URL', timeoutMs: 8_000 });
 * const answer = await http.call({ method: 'GET', path: 'tags/7' });
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #http: Got;

  constructor(options: HttpClientOptions) {
    const { url, headers, username, password } = options;
    this.#options = options;
    this.#http = got.extend({
      prefixUrl: url,
      headers: { 'user-agent': 'ems-sync', ...headers },
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      responseType: 'text',
    });
  }

  /**
   * @throws SyncError of class `target-down` if the target cannot be reached or redirects, `transient` if the
   *   connection breaks or the call times out, `contract` if the answer is too long, or has too
   *   many values or levels.
   */
  async call(call: HttpCall): Promise<HttpAnswer> {
    const { target, setting } = this.#options;
    const what = call.what ?? `${call.method} ${call.path}`;
    const answer = { target, what, ...(await published(target, () => this.#send(call, what))) };
    if (answer.status < 300 || answer.status >= 400) return answer;
    throw new SyncError(
      'target-down',
      `${target} answered ${what} with ${answer.status}, a redirect, which is not followed: check ${setting}`,
      { code: `http-${answer.status}` },
    );
  }

  async #send(call: HttpCall, what: string): Promise<Pick<HttpAnswer, 'status' | 'headers' | 'body'>> {
    const { target, setting, ...defaults } = this.#options;
    const { method, path, headers, searchParams, json, form } = call;
    const { timeoutMs = defaults.timeoutMs, mostBytes = defaults.mostBytes ?? MOST_BYTES } = call;
    const tooLong = new AbortController();
    const pending = this.#http(path, {
      method,
      timeout: { request: timeoutMs },
      signal: tooLong.signal,
      ...(headers === undefined ? {} : { headers }),
      ...(searchParams === undefined ? {} : { searchParams }),
      ...(json === undefined ? {} : { json }),
      ...(form === undefined ? {} : { form }),
    });
    // Counts the decompressed bytes as they arrive.
    void pending.on('downloadProgress', ({ transferred }) => {
      if (transferred > mostBytes) tooLong.abort();
    });
    let response: Response;
    let problem = `is longer than ${mostBytes} bytes`;
    try {
      response = await pending;
      if (response.rawBody.length <= mostBytes) {
        const body = String(response.body);
        if (!isOverloaded(body, mostBytes)) return { status: response.statusCode, headers: response.headers, body };
        problem = 'has too many values or levels';
      }
    } catch (error) {
      if (!tooLong.signal.aborted || !(error instanceof RequestError) || error.response === undefined) {
        throw connectionError(target, error, setting);
      }
      response = error.response;
    }
    // For a refusal the status is enough, however long its body.
    if (response.statusCode >= 300) return { status: response.statusCode, headers: response.headers, body: '' };
    throw new SyncError('contract', `${target}'s answer to ${what} ${problem}`, {
      code: 'too-long',
    });
  }
}
