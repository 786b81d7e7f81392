import got, { type Got, type Method, type Response } from 'got';
import { SyncError, StaleTokenError } from '../../sync/sync-error.ts';
import { connectionError, retryAfterMs } from '../http-error.ts';
import { envelope, page, readAnswer, readProblem, tombstone, writeResult, type Problem } from './answers.ts';
import type { TagServerSettings } from './settings.ts';

/** TagServer's data of one resource, as it is sent: JSON values only. */
export type TagServerData = Readonly<Record<string, string | number | null>>;

export interface Stored {
  readonly etag: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type PutResult =
  | { readonly kind: 'written'; readonly contentHash: string; readonly changedAt: string }
  /** It exists, though it should not (`If-None-Match: *`), or it has changed since it was read (`If-Match`). */
  | { readonly kind: 'precondition-failed' }
  /** Another resource holds a value that must be unique. */
  | { readonly kind: 'duplicate'; readonly code: 'duplicate-bib' | 'duplicate-tag' }
  /** Resources that the data refers to are not there; `fields` names those that do. */
  | { readonly kind: 'unknown-reference'; readonly fields: readonly string[] };

export interface PutOptions {
  readonly fencingToken: bigint;
  readonly ifMatch?: string;
  readonly ifNoneMatch?: '*';
}

/** TagServer answers within milliseconds; 8 s is a server in trouble. */
const REQUEST_TIMEOUT_MS = 8_000;

/** TagServer's sync API v1 (specs/tagserver). Every answer is checked, every error has a class, nothing is retried here. */
export class TagServerApi {
  readonly #http: Got;

  constructor({ TAGSERVER_URL, TAGSERVER_TOKEN }: TagServerSettings) {
    this.#http = got.extend({
      prefixUrl: `${TAGSERVER_URL.replace(/\/+$/, '')}/v1`,
      headers: { authorization: `Bearer ${TAGSERVER_TOKEN}`, 'user-agent': 'ems-sync' },
      timeout: { request: REQUEST_TIMEOUT_MS },
      retry: { limit: 0 },
      throwHttpErrors: false,
      responseType: 'text',
    });
  }

  /** @throws SyncError if TagServer does not answer an authorised call. */
  async probe(): Promise<void> {
    const response = await this.#call('GET', 'organisations', { searchParams: { limit: 1, fields: 'hash' } });
    if (response.statusCode !== 200) throw this.#refusal(response, 'the probe');
  }

  async put(type: string, id: string, data: TagServerData, options: PutOptions): Promise<PutResult> {
    const response = await this.#call('PUT', `${type}/${id}`, {
      json: data,
      headers: {
        'x-source-version': `${options.fencingToken}`,
        ...(options.ifMatch === undefined ? {} : { 'if-match': options.ifMatch }),
        ...(options.ifNoneMatch === undefined ? {} : { 'if-none-match': options.ifNoneMatch }),
      },
    });
    const what = `PUT ${type}/${id}`;
    if (response.statusCode === 200 || response.statusCode === 201) {
      const { contentHash, changedAt } = readAnswer(writeResult, response.body, what);
      return { kind: 'written', contentHash, changedAt };
    }
    if (response.statusCode === 412) return { kind: 'precondition-failed' };
    const problem = readProblem(response.body);
    switch (problem?.code) {
      case 'stale-source-version':
        throw new StaleTokenError(await this.#storedToken(type, id));
      case 'duplicate-bib':
      case 'duplicate-tag':
        return { kind: 'duplicate', code: problem.code };
      case 'unknown-reference':
        return { kind: 'unknown-reference', fields: fieldsOf(problem) };
      default:
        throw this.#refusal(response, what);
    }
  }

  /** Null: it is not there (never was, or deleted). */
  async get(type: string, id: string): Promise<Stored | null> {
    const response = await this.#call('GET', `${type}/${id}`);
    if (response.statusCode === 404 || response.statusCode === 410) return null;
    const what = `GET ${type}/${id}`;
    if (response.statusCode !== 200) throw this.#refusal(response, what);
    const etag = response.headers.etag;
    if (etag === undefined) {
      throw new SyncError('contract', `TagServer's answer to ${what} has no ETag`, { code: 'contract', field: 'ETag' });
    }
    return { etag, data: readAnswer(envelope, response.body, what).data };
  }

  /** Gone afterwards, whether or not it was there. */
  async delete(type: string, id: string, fencingToken: bigint): Promise<void> {
    const response = await this.#call('DELETE', `${type}/${id}`, {
      headers: { 'x-source-version': `${fencingToken}` },
    });
    if (response.statusCode === 204) return;
    const problem = readProblem(response.body);
    if (problem?.code === 'stale-source-version') throw new StaleTokenError(await this.#storedToken(type, id));
    if (problem?.code === 'has-dependents') {
      throw new SyncError('transient', `TagServer keeps ${type}/${id} while others refer to it`, {
        code: problem.code,
      });
    }
    throw this.#refusal(response, `DELETE ${type}/${id}`);
  }

  /** The ids of the live resources in a scope whose field has this value; pages until there are no more. */
  async findHolders(
    type: string,
    scope: Readonly<Record<string, string>>,
    field: string,
    value: unknown,
  ): Promise<string[]> {
    const holders: string[] = [];
    let cursor: string | null = null;
    do {
      const searchParams: Record<string, string | number> = {
        ...scope,
        limit: 1_000,
        ...(cursor === null ? {} : { cursor }),
      };
      const response: Response<string> = await this.#call('GET', type, { searchParams });
      if (response.statusCode !== 200) throw this.#refusal(response, `GET ${type}`);
      const found = readAnswer(page, response.body, `GET ${type}`);
      holders.push(...found.items.filter(({ data }) => data[field] === value).map(({ externalId }) => externalId));
      if (found.nextCursor === cursor) break;
      cursor = found.nextCursor;
    } while (cursor !== null);
    return holders;
  }

  /** The attempt number that TagServer holds for a resource, tombstones included. */
  async #storedToken(type: string, id: string): Promise<bigint> {
    const response = await this.#call('GET', `${type}/${id}`);
    if (response.statusCode === 404) return 0n;
    const { sourceVersion } = readAnswer(tombstone, response.body, `GET ${type}/${id}`);
    return BigInt(sourceVersion ?? 0);
  }

  async #call(
    method: Method,
    path: string,
    options: {
      readonly json?: unknown;
      readonly headers?: Record<string, string>;
      readonly searchParams?: Record<string, string | number>;
    } = {},
  ): Promise<Response<string>> {
    try {
      return await this.#http(path, { method, ...options });
    } catch (error) {
      throw connectionError('TagServer', error);
    }
  }

  /** The class of an answer that is no success and has no meaning of its own for the call. */
  #refusal({ statusCode, headers, body }: Response<string>, what: string): SyncError {
    const problem = readProblem(body);
    const code = problem?.code ?? `http-${statusCode}`;
    const wait = retryAfterMs(headers['retry-after']);
    const options = { code, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
    const said = `TagServer answered ${what} with ${statusCode} ${code}`;
    if (statusCode === 429) return new SyncError('transient', said, options);
    if (statusCode === 401 || statusCode === 403) {
      return new SyncError('target-down', `${said}: check TAGSERVER_TOKEN`, options);
    }
    if (statusCode === 503) return new SyncError('target-down', said, options);
    if (statusCode >= 500 || statusCode === 408) return new SyncError('transient', said, options);
    if (problem === null) return new SyncError('contract', `${said}, and the body is no problem document`, options);
    const fields = fieldsOf(problem);
    return new SyncError('rejected', fields.length === 0 ? said : `${said} at ${fields.join(', ')}`, {
      ...options,
      ...(fields[0] === undefined ? {} : { field: fields[0] }),
    });
  }
}

/** `/eventParticipantId` → `eventParticipantId`. */
function fieldsOf({ errors = [] }: Problem): string[] {
  return errors.map(({ pointer }) => pointer.split('/').at(-1) ?? pointer);
}
