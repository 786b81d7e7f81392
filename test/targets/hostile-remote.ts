import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { failuresOf } from './results.ts';

const MIB = 2 ** 20;

/** JSON allows any amount of white space around a value. */
const BLANKS = Buffer.alloc(MIB, ' ');

/** 300 MiB compressed to 0.3 MB. Decompressors continue from one gzip member to the next. */
const UNPACKED_MIB = 300;
const MEMBER = gzipSync(BLANKS);
const BOMB = Buffer.concat(Array.from({ length: UNPACKED_MIB }, () => MEMBER));

/** A value that must not leak. It matches the patterns of error codes and of field and attribute names. */
export const SECRET = 'anasilva';

/** A refusal with the secret in every text property that any of the five vendors uses in refusals. */
const TELLING = JSON.stringify({
  code: SECRET,
  title: SECRET,
  detail: `${SECRET} looks fake or invalid`,
  message: `${SECRET} must be unique`,
  error: SECRET,
  error_description: SECRET,
  attributes: [SECRET],
  errors: [
    {
      pointer: `/${SECRET}`,
      code: SECRET,
      field: SECRET,
      message: SECRET,
      type: SECRET,
      details: { [SECRET]: [SECRET] },
    },
  ],
});

export type Respond = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A malicious server over real HTTP, and a second host that no request must be redirected to. */
export class HostileRemote {
  respond: Respond = (_, response) => response.end();
  /** Requests that arrived at the second host. */
  readonly ledAway: string[] = [];
  /** Bytes sent in endless answers. */
  sentBytes = 0;
  /** Idle connections stay open: on a busy machine a page may take longer than Node's default of 5 s. */
  readonly #server = createServer(
    { keepAliveTimeout: 60_000 },
    (request, response) => void this.respond(request, response),
  );
  readonly #elsewhere = createServer((request, response) => {
    this.ledAway.push(`${request.method} ${request.url}`);
    response.end('{}');
  });

  async start(): Promise<void> {
    await Promise.all([this.#server, this.#elsewhere].map(listen));
  }

  async stop(): Promise<void> {
    await Promise.all([this.#server, this.#elsewhere].map(close));
  }

  get url(): string {
    return urlOf(this.#server);
  }

  redirect(status: number): Respond {
    return (request, response) =>
      response.writeHead(status, { location: `${urlOf(this.#elsewhere)}${request.url}` }).end();
  }

  bomb(status = 200): Respond {
    return (_, response) =>
      response.writeHead(status, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(BOMB);
  }

  /** Sends data until the client stops reading. */
  endless(status = 200): Respond {
    return (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      const write = () => {
        while (!response.destroyed) {
          this.sentBytes += BLANKS.length;
          if (!response.write(BLANKS)) break;
        }
      };
      response.on('drain', write);
      write();
    };
  }

  json(body: unknown, status = 200): Respond {
    return this.text(JSON.stringify(body), status);
  }

  text(body: string, status = 200, type = 'application/json'): Respond {
    return (_, response) => response.writeHead(status, { 'content-type': type }).end(body);
  }
}

/**
 * What every target must withstand.
 *
 * @param connect makes calls of each kind to a target at this address; each must fail.
 */
export function describeHostileRemote(connect: (url: string) => readonly (() => Promise<unknown>)[]): HostileRemote {
  const remote = new HostileRemote();
  const failures = () => failuresOf(connect(remote.url), [SECRET]);

  describe('a hostile remote', () => {
    beforeAll(() => remote.start());
    afterAll(() => remote.stop());

    test.each([301, 302, 303, 307, 308])('is not followed to another host (%i)', async (status) => {
      remote.respond = remote.redirect(status);
      for (const failure of await failures()) {
        expect(failure).toMatchObject({ errorClass: 'target-down', code: `http-${status}` });
      }
      expect(remote.ledAway).toEqual([]);
    });

    test('cannot fill the memory by a small answer that unpacks to a very long one', async () => {
      remote.respond = remote.bomb();
      const grown = await growthOf(async () => {
        for (const failure of await failures())
          expect(failure).toMatchObject({ errorClass: 'contract', code: 'too-long' });
      });
      // An answer held in memory as a whole takes three times its length. What several calls leave for garbage
      // collection is less than that.
      expect(grown).toBeLessThan(UNPACKED_MIB * MIB);
    });

    test('cannot fill the memory by an answer without an end', async () => {
      remote.respond = remote.endless();
      remote.sentBytes = 0;
      const all = await failures();
      for (const failure of all) expect(failure).toMatchObject({ errorClass: 'contract', code: 'too-long' });
      expect(remote.sentBytes / all.length).toBeLessThan(64 * MIB);
    });

    test.each([
      ['a million empty objects', () => `{"items":[${'{},'.repeat(1_000_000)}{}]}`],
      ['thousands of levels', () => `{"items":${'['.repeat(20_000)}${']'.repeat(20_000)}}`],
    ])('cannot keep us busy by a short answer with %s', async (_, body) => {
      remote.respond = remote.text(body());
      for (const failure of await failures())
        expect(failure).toMatchObject({ errorClass: 'contract', code: 'too-long' });
    });

    test('is classed by its status alone if a refusal is too long', async () => {
      for (const respond of [remote.bomb(500), remote.endless(500)]) {
        remote.respond = respond;
        for (const failure of await failures()) expect(failure).toMatchObject({ errorClass: 'transient' });
      }
    });

    test.each([
      ['a page of another server', '<!doctype html><title>Sign in</title>', 'text/html'],
      ['half an answer', '{"items":[{"id":1', 'application/json'],
      ['nothing', '', 'application/json'],
    ])('that answers 200 with %s is down: no record is at fault', async (_, body, type) => {
      remote.respond = remote.text(body, 200, type);
      for (const failure of await failures())
        expect(failure).toMatchObject({ errorClass: 'target-down', code: 'not-json' });
    });

    test.each([400, 401, 403, 404, 409, 410, 413, 422, 429, 500, 503])(
      'does not bring its texts into our errors (%i)',
      async (status) => {
        remote.respond = remote.text(TELLING, status);
        for (const { message, code, field } of await failures()) {
          expect(`${message} ${code} ${field}`).not.toContain(SECRET);
          expect(message.length).toBeLessThan(300);
        }
      },
    );
  });

  return remote;
}

/** The maximum memory that this uses in addition. */
async function growthOf(work: () => Promise<void>): Promise<number> {
  const before = memoryUsed();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, memoryUsed())), 5);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return Math.max(most, memoryUsed()) - before;
}

function memoryUsed(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const urlOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
