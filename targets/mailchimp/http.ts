import type { z } from 'zod';
import { SyncError } from '../../sync/sync-error.ts';
import { readAnswer, type Answer as AnswerOf } from '../answer.ts';
import { HttpClient, type HttpAnswer, type HttpCall } from '../http.ts';
import { retryAfterMs } from '../retry-after.ts';
import type { ConnectionServices } from '../sync-process.ts';
import { KNOWN_TITLES, readRefusal, type Refusal } from './answers.ts';
import { columnOf } from './member-fields.ts';
import { baseAddress, type MailchimpSettings } from './settings.ts';

/** For a call about one record, which can safely be repeated. */
const REQUEST_TIMEOUT_MS = 25_000;

/** Mailchimp itself gives up after two minutes. Within the activity's limit. */
export const BATCH_TIMEOUT_MS = 90_000;

/** The answer to a batch contains up to 500 whole members, of a few kilobytes each. */
export const BATCH_MOST_BYTES = 16 * 2 ** 20;

/** An account has ten. Two are left for other users of the account, including `check`. */
export const CONNECTIONS = 8;

/** Mailchimp does not say how long to wait. */
const THROTTLED_MS = 5_000;

/** It lasts for hours. A new address of the person, or an opt-out, must not wait that long. */
const SIGN_UPS_PAUSE_MS = 15 * 60_000;

/** `what` is required, because paths contain hashes of addresses. */
export type Call = HttpCall & { readonly what: string };

/**
 * Missing: 404 for a record, or 405 for one that cannot be archived because it is bounced, pending or already archived.
 */
export type Answer<T> = AnswerOf<T, { readonly refusal: Refusal }>;

/** Calls to one account, with at most its allowed connections over all workers. Every error has a class. */
export class MailchimpHttp {
  readonly #settings: MailchimpSettings;
  readonly #services: Pick<ConnectionServices, 'withConnection'>;
  readonly #http: HttpClient;
  readonly #withConnection: <T>(call: () => Promise<T>) => Promise<T>;
  #willCall = async (): Promise<void> => {};

  /** @param http of another one for the same account. Default: its own. */
  constructor(settings: MailchimpSettings, services: Pick<ConnectionServices, 'withConnection'>, http?: HttpClient) {
    this.#settings = settings;
    this.#services = services;
    const url = baseAddress(settings);
    this.#http =
      http ??
      new HttpClient({
        target: 'MailChimp',
        url,
        setting: 'MAILCHIMP_URL',
        username: 'ems-sync',
        password: settings.MAILCHIMP_API_KEY,
        timeoutMs: REQUEST_TIMEOUT_MS,
      });
    // Connections are limited per account, not per list. The address is enough to tell accounts apart.
    this.#withConnection = (call) => services.withConnection(`mailchimp ${url}`, CONNECTIONS, call);
  }

  /** The same; `willCall` runs right before each call that changes something, when its connection is free. */
  guardedBy(willCall: () => Promise<void>): MailchimpHttp {
    const guarded = new MailchimpHttp(this.#settings, this.#services, this.#http);
    guarded.#willCall = willCall;
    return guarded;
  }

  /** @throws SyncError of class `target-down` if no call would be made now. */
  assertCallable(): void {
    this.#http.assertCallable();
  }

  /** For calls where Mailchimp's own 400 or 404 is a normal answer. */
  async ask<T>(schema: z.ZodType<T>, call: Call): Promise<Answer<T>> {
    const answer = await this.#withConnection(async () => {
      if (call.method !== 'GET') await this.#willCall();
      return this.#http.call(call);
    });
    const { status } = answer;
    if (status === 200) return { kind: 'answered', value: readAnswer(schema, answer), status };
    if (status === 204) return { kind: 'answered', value: readAnswer(schema, { ...answer, body: 'null' }), status };
    const refusal = readRefusal(answer.body);
    if (refusal !== null && (status === 404 || status === 405)) return { kind: 'missing' };
    if (refusal !== null && status === 400) return { kind: 'refused', refusal };
    throw unusable(answer, refusal !== null);
  }

  /** For calls where only a 404 is a normal answer. */
  async find<T>(schema: z.ZodType<T>, call: Call): Promise<Exclude<Answer<T>, { kind: 'refused' }>> {
    const answer = await this.ask(schema, call);
    if (answer.kind === 'refused') throw refused(answer.refusal, call.what);
    return answer;
  }

  /** For calls about the whole audience. */
  async get<T>(schema: z.ZodType<T>, call: Call): Promise<T> {
    const answer = await this.find(schema, call);
    if (answer.kind === 'answered') return answer.value;
    throw new SyncError('target-down', 'MailChimp has no such audience: check MAILCHIMP_LIST_ID', { code: 'http-404' });
  }
}

/** The error class of an answer without a special meaning for the call. */
function unusable({ what, status, headers }: HttpAnswer, isMailchimps: boolean): SyncError {
  const code = `http-${status}`;
  const said = `MailChimp answered ${what} with ${status}`;
  const wait = retryAfterMs(headers['retry-after']) ?? THROTTLED_MS;
  if (status === 401 || (status === 403 && isMailchimps)) {
    return new SyncError('target-down', `${said}: check MAILCHIMP_API_KEY and its data centre`, { code });
  }
  if (status === 404) return new SyncError('target-down', `${said}: check MAILCHIMP_URL`, { code });
  // At high volume Mailchimp throttles with bare statuses and with pages of its firewall.
  if (status === 429 || status === 408 || (status >= 400 && !isMailchimps)) {
    return new SyncError('transient', `${said}: too many calls`, { code, retryAfterMs: wait });
  }
  if (status >= 500) return new SyncError('transient', said, { code });
  return new SyncError(status < 400 ? 'contract' : 'rejected', said, { code });
}

/** Fields of our bodies that do not come from a column of the person. */
const OWN_FIELDS: readonly string[] = [
  'interests',
  'language',
  'marketing_permissions',
  'merge_fields',
  'status',
  'status_if_new',
  'tags',
];

/**
 * The EMS column, or our own name, of a field that Mailchimp names. Empty for any other, because it is text from the
 * remote.
 */
function toldField(field: string): readonly string[] {
  const [name = ''] = field.split(/[.[]/, 1);
  const column = columnOf(name);
  return column !== name || OWN_FIELDS.includes(name) ? [column] : [];
}

/**
 * Content that Mailchimp rejects is parked, with the refusal's title and our names of the fields. A temporary refusal
 * is transient.
 */
export function refused({ title, fields, looksFake, passes }: Refusal, what: string): SyncError {
  if (passes) {
    const reason = `MailChimp answered ${what} with 400: the address signed up to many lists lately, and may join in some hours`;
    return new SyncError('transient', reason, { code: 'many-sign-ups', retryAfterMs: SIGN_UPS_PAUSE_MS });
  }
  const columns = new Set((looksFake && fields.length === 0 ? ['email_address'] : fields).flatMap(toldField));
  const known = KNOWN_TITLES.find((one) => one === title);
  const about = `${known === undefined ? '400' : `"${known}"`}${looksFake ? ': the address looks fake or invalid' : ''}`;
  const [field] = columns;
  return new SyncError(
    'rejected',
    `MailChimp answered ${what} with ${about}${columns.size === 0 ? '' : ` at ${[...columns].join(', ')}`}`,
    {
      code: known === undefined ? 'http-400' : `400-${known.toLowerCase().replaceAll(' ', '-')}`,
      ...(field === undefined ? {} : { field }),
    },
  );
}

/** The member was deleted after it was read. The next attempt reads it again. */
export const changedMeanwhile = () =>
  new SyncError('transient', 'MailChimp has lost the member meanwhile', { code: 'changed' });
