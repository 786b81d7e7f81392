import type { IncomingHttpHeaders } from 'node:http';
import got, { RequestError, type Got, type Response } from 'got';
import { SyncError } from '../sync/sync-error.ts';
import { AnswerRate } from './answer-rate.ts';
import { connectionError } from './connection-error.ts';
import { isOverloaded } from './json-shape.ts';
import { published } from './remote-calls.ts';
import { ACCEPTED_ENCODING, unpack } from './unpack.ts';
import { UnreadableAnswers } from './unreadable-answers.ts';

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
  /** Default: its own. */
  readonly rate?: AnswerRate;
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

type Received = Pick<HttpAnswer, 'status' | 'headers' | 'body'>;

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
 * another host, and does not retry, because Temporal does. Time and length of each answer are limited, and so are the
 * length of all of them and the number of those that are too long.
 *
 * @example
 * const http = new HttpClient({ target: 'TagServer', url, setting: 'TAGSERVER_URL', timeoutMs: 8_000 });
 * const answer = await http.call({ method: 'GET', path: 'tags/7' });
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #http: Got;
  readonly #unreadable = new UnreadableAnswers();
  readonly #rate: AnswerRate;

  constructor(options: HttpClientOptions) {
    const { url, headers, username, password } = options;
    this.#options = options;
    this.#rate = options.rate ?? new AnswerRate();
    this.#http = got.extend({
      prefixUrl: url,
      headers: { 'user-agent': 'ems-sync', 'accept-encoding': ACCEPTED_ENCODING, ...headers },
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      // Compressed bodies are unpacked here, where a bomb is noticed early.
      decompress: false,
      responseType: 'buffer',
    });
  }

  /** @throws SyncError of class `target-down` if no call would be made now. */
  assertCallable(): void {
    this.#unreadable.assertCallable(this.#options.target);
  }

  /**
   * @throws SyncError of class `target-down` if the target cannot be reached, redirects, or has sent many unreadable
   *   answers; `transient` if the connection breaks, the call times out, or the target has answered very much;
   *   `contract` if the answer is too long, or has too many values or levels.
   */
  async call(call: HttpCall): Promise<HttpAnswer> {
    const { target, setting } = this.#options;
    const what = call.what ?? `${call.method} ${call.path}`;
    this.assertCallable();
    await this.#rate.turn(target);
    const turn = this.#unreadable.turn(target);
    let received: Received | Unreadable;
    try {
      received = await published(target, () => this.#send(call));
    } finally {
      turn.end();
    }
    if ('problem' in received) turn.wasUnreadable();
    else turn.wasReadable();
    const { status, headers } = received;
    if ('problem' in received && status < 300) {
      throw new SyncError('contract', `${target}'s answer to ${what} ${received.problem}`, { code: 'too-long' });
    }
    // For a refusal the status is enough, however long its body.
    const answer = { target, what, status, headers, body: 'problem' in received ? '' : received.body };
    if (status < 300 || status >= 400) return answer;
    throw new SyncError(
      'target-down',
      `${target} answered ${what} with ${status}, a redirect, which is not followed: check ${setting}`,
      { code: `http-${status}` },
    );
  }

  async #send(call: HttpCall): Promise<Received | Unreadable> {
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
    void pending.on('downloadProgress', ({ transferred }) => {
      if (transferred > mostBytes) tooLong.abort();
    });
    const longer = `is longer than ${mostBytes} bytes`;
    let response: Response;
    try {
      response = await pending;
    } catch (error) {
      if (!tooLong.signal.aborted || !(error instanceof RequestError) || error.response === undefined) {
        throw connectionError(target, error, setting);
      }
      this.#rate.received(mostBytes);
      return { ...headOf(error.response), problem: longer };
    }
    const body = await unpack(response.rawBody, response.headers['content-encoding'], {
      target,
      mostBytes,
      onBytes: (count) => this.#rate.received(count),
    });
    if (body === null) return { ...headOf(response), problem: longer };
    const text = new TextDecoder().decode(body);
    if (isOverloaded(text, mostBytes)) return { ...headOf(response), problem: 'has too many values or levels' };
    return { ...headOf(response), body: text };
  }
}

/** An answer whose body is not read further. */
type Unreadable = Pick<HttpAnswer, 'status' | 'headers'> & { readonly problem: string };

const headOf = ({ statusCode: status, headers }: Response) => ({ status, headers });
