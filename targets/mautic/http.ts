import got, { type Got, type Method, type Response } from 'got';
import type { z } from 'zod';
import { connectionError } from '../connection-error.ts';
import { readAnswer, readFailures, type Failure } from './answers.ts';
import { refusal } from './refusal.ts';
import type { MauticSettings } from './settings.ts';
import { credentialsOf, type Credentials } from './tokens.ts';

const REQUEST_TIMEOUT_MS = 25_000;

/** Within an activity's limit: Mautic works through a batch contact by contact, which takes it a minute at worst. */
export const BATCH_TIMEOUT_MS = 90_000;

export interface CallOptions {
  readonly json?: unknown;
  readonly searchParams?: readonly (readonly [string, string])[];
  /** Left out: what is enough for one record. */
  readonly timeoutMs?: number;
}

export type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T; readonly status: number }
  /** 404, said by Mautic itself. */
  | { readonly kind: 'missing' }
  /** 400 or 422: it would not have what was sent. */
  | { readonly kind: 'refused'; readonly status: number; readonly failures: readonly Failure[] };

/** Calls to one Mautic. Every answer is checked, every error has a class, nothing is retried here. */
export class MauticHttp {
  readonly #http: Got;
  readonly #credentials: Credentials;

  constructor(settings: MauticSettings) {
    const base = got.extend({
      headers: { 'user-agent': 'ems-sync' },
      timeout: { request: REQUEST_TIMEOUT_MS },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      responseType: 'text',
    });
    this.#http = base.extend({ prefixUrl: `${settings.MAUTIC_URL.replace(/\/+$/, '')}/api` });
    this.#credentials = credentialsOf(settings, base);
  }

  /** For calls to which 404, 400 or 422 is an answer like any other. `what` names the call where its path tells too much. */
  async ask<T>(method: Method, path: string, schema: z.ZodType<T>, options: CallOptions = {}): Promise<Answer<T>> {
    const response = await this.#call(method, path, options);
    const what = `${method} ${path}`;
    const { statusCode: status, body } = response;
    if (status === 200 || status === 201) return { kind: 'answered', value: readAnswer(schema, body, what), status };
    const failures = readFailures(body);
    if (failures.length > 0 && status === 404) return { kind: 'missing' };
    if (failures.length > 0 && (status === 400 || status === 422)) return { kind: 'refused', status, failures };
    throw refusal(response, what);
  }

  /** For calls that Mautic has no reason to refuse. */
  async get<T>(method: Method, path: string, schema: z.ZodType<T>, options: CallOptions = {}): Promise<T> {
    const response = await this.#call(method, path, options);
    const what = `${method} ${path}`;
    if (response.statusCode !== 200 && response.statusCode !== 201) throw refusal(response, what);
    return readAnswer(schema, response.body, what);
  }

  async #call(method: Method, path: string, options: CallOptions): Promise<Response<string>> {
    const { json, searchParams = [], timeoutMs = REQUEST_TIMEOUT_MS } = options;
    const send = async (authorization: string): Promise<Response<string>> =>
      this.#http(path, {
        method,
        headers: { authorization },
        timeout: { request: timeoutMs },
        searchParams: new URLSearchParams(searchParams.map(([name, value]) => [name, value])),
        ...(json === undefined ? {} : { json }),
      });
    try {
      const header = await this.#credentials.header();
      const response = await send(header);
      if (response.statusCode !== 401 || !this.#credentials.renew(header)) return response;
      // Expired, or taken back: once with a new one.
      return await send(await this.#credentials.header());
    } catch (error) {
      throw connectionError('Mautic', error, 'MAUTIC_URL');
    }
  }
}
