import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { compile, schema } from '../contract.ts';
import type { ResourceType } from '../resource-types.ts';

/** The server under test. */
export interface Target {
  /** Without `/v1`. */
  readonly baseUrl: string;
  readonly token: string;
}

/** A requirement of the contract; `run` throws an AssertionError if the server violates it. */
export interface Check {
  readonly name: string;
  run(target: Target): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body, `{}` if empty. Untyped: the contract has been checked, and each check reads what it needs. */
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent unchanged, with the JSON media type. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
}

type Content = Readonly<Record<string, unknown>>;

const isProblem = schema<{ readonly status: number }>('Problem');
const isTombstone = schema('Tombstone');

/** One check's conversation with the server: it uses its own ids and validates every answer against the contract. */
export class Session {
  readonly #target: Target;
  readonly #created: string[] = [];
  readonly #run = randomUUID().slice(0, 8);
  #ids = 0;

  constructor(target: Target) {
    this.#target = target;
  }

  /** A new id; later ids sort after earlier ones. */
  id(): string {
    this.#ids += 1;
    return `cf-${this.#run}-${String(this.#ids).padStart(4, '0')}`;
  }

  async call(method: string, path: string, { headers = {}, json, raw }: CallOptions = {}): Promise<Answer> {
    const sent = raw ?? (json === undefined ? undefined : JSON.stringify(json));
    const mediaType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const response = await fetch(`${this.#target.baseUrl}/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#target.token}`,
        ...(sent === undefined ? {} : { 'content-type': mediaType }),
        ...headers,
      },
      ...(sent === undefined ? {} : { body: sent }),
    });
    const text = await response.text();
    const answer: Answer = {
      status: response.status,
      headers: response.headers,
      text,
      body: text === '' ? {} : JSON.parse(text),
    };
    keepsContract(method, path, answer);
    return answer;
  }

  async get(type: ResourceType, id: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call('GET', `/${type}/${id}`, { headers });
  }

  async put(
    type: ResourceType,
    id: string,
    json: Content,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const answer = await this.call('PUT', `/${type}/${id}`, { json, headers });
    if (answer.status === 201 && (type === 'organisations' || type === 'persons')) this.#created.push(`${type}/${id}`);
    return answer;
  }

  async patch(type: ResourceType, id: string, json: Content, headers: Readonly<Record<string, string>>) {
    return this.call('PATCH', `/${type}/${id}`, { json, headers });
  }

  async delete(
    type: ResourceType,
    id: string,
    { cascade = false, headers = {} }: { cascade?: boolean; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Answer> {
    return this.call('DELETE', `/${type}/${id}${cascade ? '?cascade=true' : ''}`, { headers });
  }

  async batch(
    operations: readonly Content[],
    { atomic = false, key }: { atomic?: boolean; key?: string } = {},
  ): Promise<Answer> {
    return this.call('POST', `/batch?atomic=${atomic}`, {
      json: { operations },
      headers: { 'idempotency-key': key ?? randomUUID() },
    });
  }

  /** Creates a resource and fails if the server answers anything but 201. */
  async create(type: ResourceType, content: Content, id = this.id()): Promise<string> {
    equal((await this.put(type, id, content)).status, 201, `${type} can be created`);
    return id;
  }

  /** An organisation with an event, a race and two participants. */
  async createRace() {
    const organisationId = await this.create('organisations', { name: 'Conformance Club' });
    const eventId = await this.create('events', {
      organisationId,
      name: 'Conformance Run',
      startDate: '2027-05-15',
      endDate: '2027-05-16',
      timeZone: 'Europe/Lisbon',
    });
    const raceId = await this.create('races', { eventId, name: '10 km', startAt: '2027-05-15T07:30:00.000Z' });
    const personId = await this.create('persons', { givenName: 'Ana', familyName: 'Exemplo' });
    const otherPersonId = await this.create('persons', { givenName: 'Rui', familyName: 'Exemplo' });
    return { organisationId, eventId, raceId, personId, otherPersonId };
  }

  /** The cursor after all current changes. */
  async latestCursor(): Promise<string> {
    let after = '';
    for (;;) {
      const { body } = await this.call('GET', `/changes?limit=1000${after === '' ? '' : `&after=${after}`}`);
      after = body.nextCursor;
      if (body.hasMore !== true) return after;
    }
  }

  /** Deletes what the check created. */
  async cleanUp(): Promise<void> {
    for (const path of this.#created.toReversed()) await this.call('DELETE', `/${path}?cascade=true`);
  }
}

/** Creates a named check whose session is always cleaned up. */
export const check = (name: string, body: (session: Session) => Promise<void>): Check => ({
  name,
  async run(target) {
    const session = new Session(target);
    try {
      await body(session);
    } finally {
      await session.cleanUp();
    }
  },
});

/** Asserts that the answer is a refusal with this status and code. */
export function refused(answer: Answer, status: number, code: string): void {
  deepEqual([answer.status, answer.body.code], [status, code], answer.text);
}

/** The contract's path template for a path that was called. */
function templateOf(path: string): string {
  const [plain = ''] = path.split('?');
  if (['/batch', '/changes', '/healthz'].includes(plain)) return plain;
  return plain.split('/').length > 2 ? '/{type}/{externalId}' : '/{type}';
}

function keepsContract(method: string, path: string, { status, headers, body, text }: Answer): void {
  const template = templateOf(path);
  const asked = `${method} ${path} → ${status}`;
  if (status === 204 || status === 304) {
    equal(text, '', `${asked} has no body`);
  } else if (status === 410 && method === 'GET' && template === '/{type}/{externalId}') {
    ok(isTombstone(body), `${asked} is a tombstone: ${JSON.stringify(isTombstone.errors)}`);
  } else if (status >= 400) {
    ok(isProblem(body), `${asked} is a problem: ${JSON.stringify(isProblem.errors)} ${text}`);
    ok(headers.get('content-type')?.startsWith('application/problem+json'), `${asked} is application/problem+json`);
    equal(body.status, status, `${asked} repeats its status`);
  } else {
    const place = [template.replaceAll('/', '~1'), method.toLowerCase(), 'responses', String(status)];
    const pointer = place.map((part) => encodeURIComponent(part)).join('/');
    const fits = compile({ $ref: `contract#/paths/${pointer}/content/application~1json/schema` });
    ok(fits(body), `${asked} fits the contract: ${JSON.stringify(fits.errors)} ${text}`);
    ok(headers.get('content-type')?.startsWith('application/json'), `${asked} is application/json`);
  }
}
