import got, { type Got, type Method, type Response } from 'got';
import type { z } from 'zod';
import { SyncError } from '../../sync/sync-error.ts';
import { connectionError } from '../connection-error.ts';
import { retryAfterMs } from '../retry-after.ts';
import type { ConnectionServices } from '../sync-process.ts';
import { readAnswer, readRefusal, type Refusal } from './answers.ts';
import { columnOf } from './member-fields.ts';
import { baseAddress, type MailchimpSettings } from './settings.ts';

/** Of a call about one record: repeats are harmless. */
const REQUEST_TIMEOUT_MS = 25_000;

/** Mailchimp itself gives up after two minutes. Within an activity's limit. */
export const BATCH_TIMEOUT_MS = 90_000;

/** An account has ten; two are left for whoever else uses it, `check` among them. */
export const CONNECTIONS = 8;

/** It says neither how long nor how many. */
const THROTTLED_MS = 5_000;

export interface Call {
  readonly method: Method;
  readonly path: string;
  /** The call as it may be told: a path names people. */
  readonly what: string;
  readonly json?: unknown;
  readonly searchParams?: Readonly<Record<string, string | number | boolean>>;
  /** Left out: what is enough for one record. */
  readonly timeoutMs?: number;
}

export type Answer<T> =
  | { readonly kind: 'answered'; readonly value: T }
  /** 404 of a record; 405 of one that is archived already. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Calls to one account, over all workers no more at once than it allows. Every error has a class; nothing is retried here. */
export class MailchimpHttp {
  readonly #http: Got;
  readonly #withConnection: <T>(call: () => Promise<T>) => Promise<T>;

  constructor(settings: MailchimpSettings, { withConnection }: Pick<ConnectionServices, 'withConnection'>) {
    this.#http = got.extend({
      prefixUrl: baseAddress(settings),
      username: 'ems-sync',
      password: settings.MAILCHIMP_API_KEY,
      headers: { 'user-agent': 'ems-sync' },
      timeout: { request: REQUEST_TIMEOUT_MS },
      retry: { limit: 0 },
      followRedirect: false,
      throwHttpErrors: false,
      responseType: 'text',
    });
    // Its lists may be several; the connections are the account's. The address tells accounts apart well enough.
    const account = `mailchimp ${baseAddress(settings)}`;
    this.#withConnection = (call) => withConnection(account, CONNECTIONS, call);
  }

  /** For calls to which a 400 or 404 of Mailchimp's own is an answer like any other. */
  async ask<T>(schema: z.ZodType<T>, call: Call): Promise<Answer<T>> {
    const response = await this.#call(call);
    const { statusCode: status, body } = response;
    if (status === 200) return { kind: 'answered', value: readAnswer(schema, body, call.what) };
    if (status === 204) return { kind: 'answered', value: readAnswer(schema, 'null', call.what) };
    const refusal = readRefusal(body);
    if (refusal !== null && (status === 404 || status === 405)) return { kind: 'missing' };
    if (refusal !== null && status === 400) return { kind: 'refused', refusal };
    throw unusable(response, call.what);
  }

  /** For calls to which only a 404 is an answer like any other. */
  async find<T>(schema: z.ZodType<T>, call: Call): Promise<Exclude<Answer<T>, { kind: 'refused' }>> {
    const answer = await this.ask(schema, call);
    if (answer.kind === 'refused') throw refused(answer.refusal, call.what);
    return answer;
  }

  /** For calls that are about the audience as a whole. */
  async get<T>(schema: z.ZodType<T>, call: Call): Promise<T> {
    const answer = await this.find(schema, call);
    if (answer.kind === 'answered') return answer.value;
    throw new SyncError('target-down', `MailChimp has no such audience: check MAILCHIMP_LIST_ID`, { code: 'http-404' });
  }

  async #call({ method, path, json, searchParams = {}, timeoutMs = REQUEST_TIMEOUT_MS }: Call) {
    const options = { method, searchParams, timeout: { request: timeoutMs }, ...(json === undefined ? {} : { json }) };
    try {
      return await this.#withConnection(async (): Promise<Response<string>> => this.#http(path, options));
    } catch (error) {
      throw connectionError('MailChimp', error, 'MAILCHIMP_URL');
    }
  }
}

/** The class of an answer that has no meaning of its own for the call. */
function unusable({ statusCode, headers, body }: Response<string>, what: string): SyncError {
  const isMailchimps = readRefusal(body) !== null;
  const code = `http-${statusCode}`;
  const said = `MailChimp answered ${what} with ${statusCode}`;
  const wait = retryAfterMs(headers['retry-after']) ?? THROTTLED_MS;
  if (statusCode === 401 || (statusCode === 403 && isMailchimps)) {
    return new SyncError('target-down', `${said}: check MAILCHIMP_API_KEY and its data centre`, { code });
  }
  if (statusCode === 404) return new SyncError('target-down', `${said}: check MAILCHIMP_URL`, { code });
  // Bare statuses and pages of a firewall are how a high volume is throttled.
  if (statusCode === 429 || statusCode === 408 || (statusCode >= 400 && !isMailchimps)) {
    return new SyncError('transient', `${said}: too many calls`, { code, retryAfterMs: wait });
  }
  if (statusCode >= 500) return new SyncError('transient', said, { code });
  return new SyncError(statusCode < 400 ? 'contract' : 'rejected', said, { code });
}

/** Content that Mailchimp does not take: parked, with its title and our names of the fields. */
export function refused({ title, fields, looksFake }: Refusal, what: string): SyncError {
  const columns = (looksFake && fields.length === 0 ? ['email_address'] : fields).map(columnOf);
  const about = looksFake ? `${title}: the address looks fake or invalid` : title;
  return new SyncError(
    'rejected',
    `MailChimp answered ${what} with "${about}"${columns.length === 0 ? '' : ` at ${columns.join(', ')}`}`,
    {
      code: title.toLowerCase().replaceAll(/[^a-z]+/g, '-'),
      ...(columns[0] === undefined ? {} : { field: columns[0] }),
    },
  );
}

/** Somebody else was faster: the next attempt looks again. */
export const changedMeanwhile = () =>
  new SyncError('transient', 'MailChimp has lost the member meanwhile', { code: 'changed' });
