import type { z } from 'zod';
import { readAnswer, type Answer as AnswerOf } from '../answer.ts';
import { apiAddress } from '../api-address.ts';
import { HttpClient, type HttpAnswer, type HttpCall } from '../http.ts';
import { readFailures, type Failure } from './answers.ts';
import { refusal } from './refusal.ts';
import type { MauticSettings } from './settings.ts';
import { credentialsOf, type Credentials } from './tokens.ts';

const REQUEST_TIMEOUT_MS = 25_000;

/** Mautic processes a batch contact by contact, for up to a minute. Within the activity's limit. */
export const BATCH_TIMEOUT_MS = 90_000;

/** A page or a batch has up to 200 contacts. Each has every field twice, some 30 kB with fifty fields of its own. */
export const LIST_MOST_BYTES = 16 * 2 ** 20;

/** Of one contact, or of a list of segments or fields. What a hostile server may make us read for each pair. */
const MOST_BYTES = 2 * 2 ** 20;

type Method = HttpCall['method'];

export interface CallOptions extends Pick<HttpCall, 'json' | 'timeoutMs' | 'mostBytes'> {
  readonly searchParams?: readonly (readonly [string, string])[];
}

/** Missing: a 404 of Mautic's own. Refused: 400 or 422. */
export type Answer<T> = AnswerOf<T, { readonly status: number; readonly failures: readonly Failure[] }>;

/** Calls to one Mautic. Every answer is validated, and every error has a class. */
export class MauticHttp {
  readonly #http: HttpClient;
  readonly #credentials: Credentials;

  constructor(settings: MauticSettings) {
    const common = { target: 'Mautic', setting: 'MAUTIC_URL', timeoutMs: REQUEST_TIMEOUT_MS, mostBytes: MOST_BYTES };
    this.#http = new HttpClient({ ...common, url: apiAddress(settings.MAUTIC_URL, '/api') });
    this.#credentials = credentialsOf(settings, new HttpClient({ ...common, url: apiAddress(settings.MAUTIC_URL) }));
  }

  /** @throws SyncError of class `target-down` if no call would be made now. */
  assertCallable(): void {
    this.#http.assertCallable();
  }

  /** For calls where 404, 400 or 422 is a normal answer. */
  async ask<T>(method: Method, path: string, schema: z.ZodType<T>, options: CallOptions = {}): Promise<Answer<T>> {
    const answer = await this.#call(method, path, options);
    const { status } = answer;
    if (status === 200 || status === 201) return { kind: 'answered', value: readAnswer(schema, answer), status };
    const failures = readFailures(answer.body);
    if (failures.length > 0 && status === 404) return { kind: 'missing' };
    if (failures.length > 0 && (status === 400 || status === 422)) return { kind: 'refused', status, failures };
    throw refusal(answer);
  }

  /** For calls that Mautic has no reason to refuse. */
  async get<T>(method: Method, path: string, schema: z.ZodType<T>, options: CallOptions = {}): Promise<T> {
    const answer = await this.#call(method, path, options);
    if (answer.status !== 200 && answer.status !== 201) throw refusal(answer);
    return readAnswer(schema, answer);
  }

  async #call(method: Method, path: string, options: CallOptions): Promise<HttpAnswer> {
    const { searchParams = [], ...rest } = options;
    const query = new URLSearchParams(searchParams.map(([name, value]) => [name, value]));
    const send = (authorization: string) =>
      this.#http.call({ method, path, ...rest, headers: { authorization }, searchParams: query });
    const header = await this.#credentials.header();
    const answer = await send(header);
    if (answer.status !== 401 || !this.#credentials.renew(header)) return answer;
    // The token has expired or was revoked: try once with a new one.
    return send(await this.#credentials.header());
  }
}
