import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import got from 'got';
import { connectionError, retryAfterMs } from '../../targets/http-error.ts';
import { SyncError } from '../../sync/sync-error.ts';

describe('Retry-After', () => {
  const now = Date.parse('2027-05-15T07:30:00Z');
  test.each<[string, string | undefined, number | undefined]>([
    ['seconds', '120', 120_000],
    ['no seconds', '0', 0],
    ['blanks around it', ' 7 ', 7_000],
    ['a fraction, as some servers send it', '0.5', 500],
    ['a date', 'Sat, 15 May 2027 07:31:30 GMT', 90_000],
    ['the older form of a date', 'Saturday, 15-May-27 07:31:30 GMT', 90_000],
    ['the very moment', 'Sat, 15 May 2027 07:30:00 GMT', 0],
    ['more than a day: a day', '100000', 86_400_000],
    ['a date years ahead: a day', 'Wed, 15 May 2047 07:30:00 GMT', 86_400_000],
    ['a date that is over', 'Sat, 15 May 2027 07:29:59 GMT', undefined],
    ['none', undefined, undefined],
    ['nothing in it', '  ', undefined],
    ['below zero', '-5', undefined],
    ['a word', 'soon', undefined],
    ['words in which a date can be found', 'in May 2099', undefined],
    ['a hexadecimal number', '0x10', undefined],
    ['a power of ten', '1e3', undefined],
    ['no finite number', 'Infinity', undefined],
    ['a day that does not exist', 'Sat, 99 May 2027 07:31:30 GMT', undefined],
  ])('%s', (_, header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });
});

describe('a call that got no answer', () => {
  let server: Server | undefined;
  afterEach(async () => {
    await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
    server = undefined;
  });

  async function failing(onConnection: ((server: Server) => void) | null, timeoutMs = 60_000): Promise<unknown> {
    const listening = createServer();
    await new Promise((resolve) => listening.listen(0, '127.0.0.1', () => resolve(null)));
    const { port } = listening.address() as AddressInfo;
    if (onConnection === null) await new Promise((resolve) => listening.close(resolve));
    else {
      server = listening;
      onConnection(listening);
    }
    const call = got(`http://127.0.0.1:${port}`, { retry: { limit: 0 }, timeout: { request: timeoutMs } });
    return connectionError(
      'TagServer',
      await call.then(
        () => undefined,
        (error: unknown) => error,
      ),
    );
  }

  test('because nobody listens: the target is down, for whatever is sent to it', async () => {
    const error = await failing(null);
    expect(error).toBeInstanceOf(SyncError);
    expect(error).toMatchObject({ errorClass: 'target-down', code: 'ECONNREFUSED' });
  });

  test('because the connection was cut: transient, for it may have had its effect', async () => {
    const error = await failing((listening) => listening.on('connection', (socket) => socket.destroy()));
    expect(error).toMatchObject({ errorClass: 'transient', code: 'ECONNRESET' });
  });

  test('in time: transient, for it may have had its effect', async () => {
    const sockets: { destroy(): unknown }[] = [];
    const error = await failing((listening) => listening.on('connection', (socket) => sockets.push(socket)), 200);
    for (const socket of sockets) socket.destroy();
    expect(error).toMatchObject({ errorClass: 'transient', code: 'ETIMEDOUT' });
    expect((error as SyncError).message).toContain('TagServer gave no answer in time');
  });

  test('is left as it is if the fault is ours', () => {
    const error = new TypeError('undefined is not a function');
    expect(connectionError('TagServer', error)).toBe(error);
  });
});
