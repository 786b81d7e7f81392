import { createServer as createSecureServer } from 'node:https';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { SyncError } from '../../sync/sync-error.ts';
import { AnswerRate } from '../../targets/answer-rate.ts';
import { connectionError } from '../../targets/connection-error.ts';
import { HttpClient, type HttpCall, type HttpClientOptions } from '../../targets/http.ts';
import { HostileRemote } from './hostile-remote.ts';
import { failureOf } from './results.ts';
import { selfSigned } from './self-signed.ts';

function client(url: string, options: Partial<HttpClientOptions> = {}): HttpClient {
  return new HttpClient({ target: 'TagServer', url, setting: 'TAGSERVER_URL', timeoutMs: 10_000, ...options });
}

const packed =
  (length: number): HostileRemote['respond'] =>
  (_, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(length)));

const GET: HttpCall = { method: 'GET', path: 'tags/7' };

describe('an answer', () => {
  const remote = new HostileRemote();
  beforeAll(() => remote.start());
  afterAll(() => remote.stop());

  test('is given as it came, whatever its status, with the name of the call', async () => {
    for (const status of [200, 204, 404, 500]) {
      remote.respond = (_, response) =>
        response.writeHead(status, { etag: '"v1"' }).end(status === 204 ? '' : '{"a":1}');
      expect(await client(remote.url).call(GET)).toMatchObject({
        target: 'TagServer',
        what: 'GET tags/7',
        status,
        body: status === 204 ? '' : '{"a":1}',
        headers: expect.objectContaining({ etag: '"v1"' }),
      });
    }
  });

  test('may be as long as the limit, and not a byte longer; a call may have a limit of its own', async () => {
    const http = client(remote.url, { mostBytes: 1_000 });
    for (const respond of [remote.text('x'.repeat(1_000)), packed(1_000)]) {
      remote.respond = respond;
      expect((await http.call(GET)).body).toHaveLength(1_000);
    }
    for (const respond of [remote.text('x'.repeat(1_001)), packed(1_001)]) {
      remote.respond = respond;
      expect(await failureOf(http.call(GET))).toMatchObject({
        errorClass: 'contract',
        code: 'too-long',
        message: "TagServer's answer to GET tags/7 is longer than 1000 bytes",
      });
      expect((await http.call({ ...GET, mostBytes: 1_001 })).body).toHaveLength(1_001);
    }
  });

  test('that is a redirect is not followed, wherever it leads', async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      remote.respond = remote.redirect(status);
      expect(
        await failureOf(client(remote.url).call({ method: 'PUT', path: 'persons/1', json: { name: 'Ana' } })),
      ).toMatchObject({
        errorClass: 'target-down',
        code: `http-${status}`,
        message: `TagServer answered PUT persons/1 with ${status}, a redirect, which is not followed: check TAGSERVER_URL`,
      });
    }
    expect(remote.ledAway).toEqual([]);
  });

  test('that was told to come later is not waited for, and not asked for again', async () => {
    let asked = 0;
    remote.respond = (_, response) => {
      asked += 1;
      response.writeHead(503, { 'retry-after': '1' }).end();
    };
    expect((await client(remote.url).call(GET)).status).toBe(503);
    expect(asked).toBe(1);
  });

  test('that comes byte by byte ends with the time limit', async () => {
    remote.respond = (_, response) => {
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    };
    expect(await failureOf(client(remote.url).call({ ...GET, timeoutMs: 300 }))).toMatchObject({
      errorClass: 'transient',
      code: 'ETIMEDOUT',
    });
  });

  test.each([
    ['that is not what it says', 'gzip', 'no gzip'],
    ['that is cut', 'gzip', gzipSync('x'.repeat(1_000)).subarray(0, 20)],
    ['that is packed in a way we did not ask for', 'br', 'x'],
  ])('%s is told as one that cannot be unpacked', async (_, encoding, body) => {
    remote.respond = (_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body);
    expect(await failureOf(client(remote.url).call(GET))).toMatchObject({
      errorClass: 'transient',
      message: expect.stringContaining('cannot be unpacked'),
    });
  });

  test('that grows as only a bomb does is not unpacked up to the limit; a long list whose records resemble each other is', async () => {
    const http = client(remote.url, { mostBytes: 32 * 2 ** 20 });
    remote.respond = packed(20 * 2 ** 20);
    expect(await failureOf(http.call(GET))).toMatchObject({ errorClass: 'contract', code: 'too-long' });
    const fields = Array.from({ length: 200 }, (_, n) => `"field_${n}":{"id":${n},"alias":"field_${n}","value":null}`);
    const record = (n: number) => `{"id":${n},"email":"ana${n * 7919}@clube.example",${fields.join(',')}},`;
    const list = Array.from({ length: 400 }, (_, n) => record(n)).join('');
    remote.respond = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(list));
    expect((await http.call(GET)).body).toBe(list);
  });

  test.each([
    ['long', 'x'.repeat(6 * 2 ** 20)],
    ['too long, by its limit', 'x'.repeat(6 * 2 ** 20 + 1)],
    ['packed, by what it unpacks to', gzipSync(JSON.stringify(Array.from({ length: 900_000 }, (_, n) => n * 7_919)))],
  ])('that is %s counts as that: the worker reads no more of one target than its share', async (_, text) => {
    const rate = new AnswerRate(
      () => 0,
      async () => undefined,
    );
    const http = client(remote.url, { mostBytes: 6 * 2 ** 20, rate });
    remote.respond = (_request, response) =>
      response.writeHead(200, typeof text === 'string' ? {} : { 'content-encoding': 'gzip' }).end(text);
    // What may be read at once and within the longest wait, less 5 MiB.
    rate.received((128 + 40 - 5) * 2 ** 20);
    await http.call(GET).catch(() => undefined);
    expect(await failureOf(http.call(GET))).toMatchObject({ errorClass: 'transient', code: 'answer-rate' });
  });

  test('that is too long is received ten times in a minute: then the target is not called, as the error says', async () => {
    const http = client(remote.url, { mostBytes: 1_000 });
    let calls = 0;
    remote.respond = (request, response) => {
      calls += 1;
      remote.text('x'.repeat(1_001), calls % 2 === 0 ? 200 : 500)(request, response);
    };
    for (let n = 0; n < 10; n += 1) await http.call(GET).catch(() => undefined);
    expect(await failureOf(http.call(GET))).toMatchObject({ errorClass: 'target-down', code: 'unreadable-answers' });
    expect(calls).toBe(10);
    expect(() => http.assertCallable()).toThrow(expect.objectContaining({ code: 'unreadable-answers' }));
    await client(remote.url, { mostBytes: 2_000 }).call(GET);
  });
});

describe('a call that got no answer', () => {
  const open = new Set<Socket>();
  let server: Server | undefined;
  afterEach(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
    server = undefined;
  });

  /** Starts this server. @returns its port. */
  async function listening(started: Server): Promise<number> {
    server = started.on('connection', (socket) => open.add(socket.on('error', () => undefined)));
    await new Promise((resolve) => started.listen(0, '127.0.0.1', () => resolve(null)));
    return (started.address() as AddressInfo).port;
  }

  test('because nobody listens: the target is down, for whatever is sent to it', async () => {
    const port = await listening(createServer());
    await new Promise((resolve) => server?.close(resolve));
    server = undefined;
    const error = await failureOf(client(`http://127.0.0.1:${port}`).call(GET));
    expect(error).toMatchObject({ errorClass: 'target-down', code: 'ECONNREFUSED' });
  });

  test('because the connection was cut: transient, for it may have had its effect', async () => {
    const port = await listening(createServer((socket) => socket.destroy()));
    const error = await failureOf(client(`http://127.0.0.1:${port}`).call(GET));
    expect(error).toMatchObject({ errorClass: 'transient', code: 'ECONNRESET' });
    expect(error.message).toBe('TagServer closed the connection (ECONNRESET)');
  });

  test('in time: transient, for it may have had its effect', async () => {
    const port = await listening(createServer());
    const error = await failureOf(client(`http://127.0.0.1:${port}`, { timeoutMs: 200 }).call(GET));
    expect(error).toMatchObject({ errorClass: 'transient', code: 'ETIMEDOUT' });
    expect(error.message).toContain('TagServer gave no answer in time');
  });

  test('because its certificate is not trusted: the target is down, and the message says why', async () => {
    const port = await listening(createSecureServer(selfSigned()));
    const error = await failureOf(client(`https://localhost:${port}`).call(GET));
    expect(error).toMatchObject({ errorClass: 'target-down', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(error.message).toContain('has a certificate that is not trusted: check it, and TAGSERVER_URL');
  });

  test('because it does not speak TLS: the target is down, and the message says so', async () => {
    const port = await listening(createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    const error = await failureOf(client(`https://127.0.0.1:${port}`).call(GET));
    expect(error.errorClass).toBe('target-down');
    expect(error.message).toContain('cannot be reached by TLS: check the scheme and port in TAGSERVER_URL');
  });

  test('because it does not speak HTTP: the target is down', async () => {
    const port = await listening(createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n')));
    const error = await failureOf(client(`http://127.0.0.1:${port}`).call(GET));
    expect(error.errorClass).toBe('target-down');
    expect(error.message).toContain('does not answer in HTTP');
  });

  test('tells nothing of the request: neither a token nor a value', async () => {
    const port = await listening(createServer((socket) => socket.destroy()));
    const http = client(`http://127.0.0.1:${port}`, { headers: { authorization: 'Bearer s3cret' } });
    const error = await failureOf(
      http.call({ method: 'POST', path: 'persons?key=s3cret', what: 'POST persons', json: { name: 's3cret' } }),
    );
    expect(error.cause).toBeUndefined();
    expect(`${error.message} ${error.stack}`).not.toContain('s3cret');
  });

  test('is left as it is if the fault is ours', () => {
    const error = new TypeError('undefined is not a function');
    expect(connectionError('TagServer', error, 'TAGSERVER_URL')).toBe(error);
    expect(error).not.toBeInstanceOf(SyncError);
  });
});
