import { randomBytes } from 'node:crypto';
import { afterAll, expect, test } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { pino } from 'pino';
import { createGateway } from '../../clients/gateway/server.ts';
import { namedTokens } from '../../settings/named-tokens.ts';
import { EncryptionCodec } from '../../settings/payload-codec.ts';

const TOKEN = randomBytes(32).toString('hex');
const UI = 'https://temporal.example';
const codec = new EncryptionCodec([{ id: 'a', key: new Uint8Array(randomBytes(32)) }]);

let logged = '';
const app = createGateway({
  log: pino({}, { write: (line: string) => (logged += line) }),
  chatwoot: null,
  consent: [],
  onDemand: null,
  unreachable: async () => [],
  codec: { codec, tokens: namedTokens.parse(`ui:${TOKEN}`), origin: UI },
});

afterAll(() => app.close());

const written = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});

const bearer = { authorization: `Bearer ${TOKEN}` };

const decode = (payloads: unknown, headers: Readonly<Record<string, string>> = bearer, url = '/codec/decode') =>
  app.inject({ method: 'POST', url, headers: { origin: UI, ...headers }, payload: JSON.stringify({ payloads }) });

const encoded = async () =>
  (await codec.encode([defaultPayloadConverter.toPayload({ key: '4711' }) ?? {}])).map(written);

test('the Web UI has payloads decoded, with a token in the header or in the path, and the token is in no log', async () => {
  for (const [headers, url] of [
    [bearer, '/codec/decode'],
    [{}, `/codec/${TOKEN}/decode`],
  ] as const) {
    const answer = await decode(await encoded(), headers, url);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['access-control-allow-origin']).toBe(UI);
    const [payload] = answer.json<{ payloads: { data: string }[] }>().payloads;
    expect(Buffer.from(payload?.data ?? '', 'base64').toString()).toBe('{"key":"4711"}');
  }
  expect(logged).toContain('"who":"ui","what":"POST /codec/:token/decode","outcome":200');
  expect(logged).not.toContain(TOKEN);
  expect(logged).not.toContain('4711');
});

test('a browser is told that only the Web UI’s origin may ask', async () => {
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/codec/decode',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  });
  expect(preflight.statusCode).toBe(204);
  expect(preflight.headers['access-control-allow-origin']).toBe(UI);
  expect(preflight.headers['access-control-allow-headers']).toBe('authorization, content-type, x-namespace');
  expect(preflight.headers['access-control-allow-credentials']).toBeUndefined();
});

test.each([
  ['without a token', {}, '/codec/decode'],
  ['with a wrong one', { authorization: 'Bearer wrong' }, '/codec/decode'],
  ['with a wrong one in the path', bearer, '/codec/wrong/decode'],
])('nothing is decoded %s', async (_, headers, url) => {
  const answer = await decode(await encoded(), headers, url);
  expect([answer.statusCode, answer.json()]).toEqual([401, expect.objectContaining({ status: 401 })]);
});

test('what is not a list of payloads is 400, what was changed 422, and nothing is encoded', async () => {
  expect((await decode('no list')).statusCode).toBe(400);
  expect((await decode([{ data: 'é' }])).statusCode).toBe(400);
  const [payload] = await encoded();
  const data = Buffer.from(payload?.data ?? '', 'base64');
  data.writeUInt8(data.readUInt8(20) ^ 1, 20);
  expect((await decode([{ ...payload, data: data.toString('base64') }])).statusCode).toBe(422);
  const encode = await app.inject({ method: 'POST', url: '/codec/encode', headers: bearer, payload: '{}' });
  expect(encode.statusCode).toBe(404);
});
