import { SyncError, StaleTokenError } from '../../sync/sync-error.ts';
import { notJson, parseJson, readAnswer } from '../answer.ts';
import { apiAddress } from '../api-address.ts';
import { HttpClient, type HttpAnswer } from '../http.ts';
import { Paging } from '../paging.ts';
import { retryAfterMs } from '../retry-after.ts';
import { anyPage, envelope, page, readProblem, tombstone, writeResult } from './answers.ts';
import type { TagServerSettings } from './settings.ts';

/** The data of one resource as sent to TagServer: JSON values only. */
export type TagServerData = Readonly<Record<string, string | number | null>>;

export interface Stored {
  readonly etag: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type PutResult =
  | { readonly kind: 'written'; readonly contentHash: string; readonly changedAt: string }
  /** The resource exists although it should not (`If-None-Match: *`), or has changed since it was read (`If-Match`). */
  | { readonly kind: 'precondition-failed' }
  /** Another resource has a value that must be unique. */
  | { readonly kind: 'duplicate'; readonly code: 'duplicate-bib' | 'duplicate-tag' }
  /** Resources that the data refers to do not exist; `fields` names the references. */
  | { readonly kind: 'unknown-reference'; readonly fields: readonly string[] };

export interface PutOptions {
  readonly fencingToken: bigint;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: '*';
}

/** TagServer answers within milliseconds; after 8 s something is wrong. */
const REQUEST_TIMEOUT_MS = 8_000;

/** Pages of 1,000 resources, within one race or event. */
const MOST_PAGES = 1_000;

/** TagServer's sync API v1 (simulators/tagserver). Every answer is validated, and every error has a class. */
export class TagServerApi {
  readonly #http: HttpClient;

  constructor({ TAGSERVER_URL, TAGSERVER_TOKEN }: TagServerSettings) {
    this.#http = new HttpClient({
      target: 'TagServer',
      url: apiAddress(TAGSERVER_URL, '/v1'),
      setting: 'TAGSERVER_URL',
      headers: { authorization: `Bearer ${TAGSERVER_TOKEN}` },
      timeoutMs: REQUEST_TIMEOUT_MS,
    });
  }

  /** @throws SyncError of class `target-down` if no call would be made now. */
  assertCallable(): void {
    this.#http.assertCallable();
  }

  /** @throws SyncError if an authorised call fails. */
  async probe(): Promise<void> {
    const answer = await this.#http.call({
      method: 'GET',
      path: 'organisations',
      searchParams: { limit: 1, fields: 'hash' },
    });
    if (answer.status !== 200) throw refusal(answer);
    readAnswer(anyPage, answer);
  }

  async put(type: string, id: string, data: TagServerData, options: PutOptions): Promise<PutResult> {
    const answer = await this.#http.call({
      method: 'PUT',
      path: `${type}/${id}`,
      json: data,
      headers: {
        'x-source-version': `${options.fencingToken}`,
        ...(options.ifMatch === undefined ? {} : { 'if-match': options.ifMatch }),
        ...(options.ifNoneMatch === undefined ? {} : { 'if-none-match': options.ifNoneMatch }),
      },
    });
    if (answer.status === 200 || answer.status === 201) {
      const { contentHash, changedAt } = readAnswer(writeResult, answer);
      return { kind: 'written', contentHash, changedAt };
    }
    if (answer.status === 412) return { kind: 'precondition-failed' };
    const problem = readProblem(answer.body, data);
    switch (problem?.code) {
      case 'stale-source-version':
        throw new StaleTokenError(await this.#storedToken(type, id));
      case 'duplicate-bib':
      case 'duplicate-tag':
        return { kind: 'duplicate', code: problem.code };
      case 'unknown-reference':
        return { kind: 'unknown-reference', fields: problem.fields };
      default:
        throw refusal(answer, data);
    }
  }

  /** Null: TagServer reports that it does not have the resource (never existed, or deleted). */
  async get(type: string, id: string): Promise<Stored | null> {
    const answer = await this.#http.call({ method: 'GET', path: `${type}/${id}` });
    if (isMissing(answer)) return null;
    if (answer.status !== 200) throw refusal(answer);
    const { data } = readAnswer(envelope, answer);
    const { etag } = answer.headers;
    if (etag !== undefined) return { etag, data };
    throw new SyncError('contract', `TagServer's answer to ${answer.what} has no ETag`, {
      code: 'contract',
      field: 'ETag',
    });
  }

  /** The ids of a page of live resources. */
  async list(type: string, cursor: string | null): Promise<{ readonly ids: string[]; readonly next: string | null }> {
    const answer = await this.#http.call({
      method: 'GET',
      path: type,
      searchParams: { limit: 1_000, ...(cursor === null ? {} : { cursor }) },
    });
    if (answer.status !== 200) throw refusal(answer);
    const { items, nextCursor } = readAnswer(page, answer);
    return { ids: items.map(({ externalId }) => externalId), next: nextCursor };
  }

  /** Deletes the resource; succeeds if it does not exist or never did. */
  async delete(type: string, id: string, fencingToken: bigint): Promise<'gone' | 'has-dependents'> {
    const answer = await this.#http.call({
      method: 'DELETE',
      path: `${type}/${id}`,
      headers: { 'x-source-version': `${fencingToken}` },
    });
    if (answer.status === 204) return 'gone';
    const problem = readProblem(answer.body);
    if (problem?.code === 'stale-source-version') throw new StaleTokenError(await this.#storedToken(type, id));
    if (problem?.code === 'has-dependents') return 'has-dependents';
    throw refusal(answer);
  }

  /** The ids of the live resources in a scope that have this value in the field; reads all pages. */
  async findHolders(
    type: string,
    scope: Readonly<Record<string, string>>,
    field: string,
    value: unknown,
  ): Promise<string[]> {
    const holders: string[] = [];
    const paging = new Paging({ target: 'TagServer', what: `GET ${type}`, mostPages: MOST_PAGES });
    for (let cursor: string | null = ''; cursor !== null;) {
      paging.note(cursor);
      const searchParams: Readonly<Record<string, string | number>> = {
        ...scope,
        limit: 1_000,
        ...(cursor === '' ? {} : { cursor }),
      };
      const answer = await this.#http.call({ method: 'GET', path: type, searchParams });
      if (answer.status !== 200) throw refusal(answer);
      const found = readAnswer(page, answer);
      holders.push(...found.items.filter(({ data }) => data[field] === value).map(({ externalId }) => externalId));
      cursor = found.nextCursor;
    }
    return holders;
  }

  /** The attempt number that TagServer stores for a resource, including a tombstone. */
  async #storedToken(type: string, id: string): Promise<bigint> {
    const answer = await this.#http.call({ method: 'GET', path: `${type}/${id}` });
    if (answer.status === 404 && isMissing(answer)) return 0n;
    const { sourceVersion } = readAnswer(tombstone, answer);
    return BigInt(sourceVersion ?? 0);
  }
}

/**
 * Whether TagServer itself reports it, by a problem document or a deleted resource's tombstone. A proxy's 404 says
 * nothing about the resource.
 */
function isMissing({ status, body }: HttpAnswer): boolean {
  if (status !== 404 && status !== 410) return false;
  return readProblem(body) !== null || (status === 410 && tombstone.safeParse(parseJson(body)).success);
}

/** The error class of an unsuccessful answer without a special meaning for the call. */
function refusal(answer: HttpAnswer, sent: object = {}): SyncError {
  const { what, status, headers, body } = answer;
  const problem = readProblem(body, sent);
  const code = problem?.code == null ? `http-${status}` : `${status}-${problem.code}`;
  const wait = retryAfterMs(headers['retry-after']);
  const options = { code, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  const said = `TagServer answered ${what} with ${status}${problem?.code == null ? '' : ` ${problem.code}`}`;
  if (status === 429) return new SyncError('transient', said, options);
  if (status === 401 || status === 403) return new SyncError('target-down', `${said}: check TAGSERVER_TOKEN`, options);
  if (status === 503) return new SyncError('target-down', said, options);
  if (status >= 500 || status === 408) return new SyncError('transient', said, options);
  if (problem === null && status === 404) {
    return new SyncError('target-down', `${said}: check TAGSERVER_URL`, options);
  }
  if (parseJson(body) === undefined) return notJson(answer);
  if (problem === null) return new SyncError('contract', `${said}, and the body is no problem document`, options);
  const { fields } = problem;
  return new SyncError('rejected', fields.length === 0 ? said : `${said} at ${fields.join(', ')}`, {
    ...options,
    ...(fields[0] === undefined ? {} : { field: fields[0] }),
  });
}
