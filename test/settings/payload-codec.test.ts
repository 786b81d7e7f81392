import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { describe, expect, test } from '@jest/globals';
import { ApplicationFailure, defaultPayloadConverter, type Payload } from '@temporalio/common';
import {
  decodeFromPayloadsAtIndex,
  encodeErrorToFailure,
  encodeToPayloads,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { loadDataConverter } from '@temporalio/common/lib/internal-non-workflow/data-converter-helpers.js';
import { codecKeys } from '../../settings/codec-keys.ts';
import { dataConverterOf, FAILURE_CONVERTER_PATH } from '../../settings/data-converter.ts';
import { EncryptionCodec } from '../../settings/payload-codec.ts';

const key = (id: string) => ({ id, key: new Uint8Array(randomBytes(32)) });
const [OLD, NEW] = [key('2026'), key('2027')];

const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value) ?? {};
const valueOf = (payload: Payload | undefined): unknown => defaultPayloadConverter.fromPayload(payload ?? {});
const bytesOf = (payload: Payload | undefined) => Buffer.from(payload?.data ?? []);

describe('encrypted payloads', () => {
  test('hide their value, differ each time, and come back whole', async () => {
    const codec = new EncryptionCodec([NEW]);
    const payload = payloadOf({ process: 'TAGSERVER', key: '4711' });
    const [one, other] = await codec.encode([payload, payload]);
    expect(bytesOf(one).toString('latin1')).not.toMatch(/TAGSERVER|4711|json/);
    expect(bytesOf(one)).not.toEqual(bytesOf(other));
    expect(Object.entries(one?.metadata ?? {}).map(([name, text]) => [name, Buffer.from(text).toString()])).toEqual([
      ['encoding', 'binary/encrypted'],
      ['encryption-key-id', '2027'],
    ]);
    const decoded = await codec.decode([one ?? {}, other ?? {}]);
    expect(decoded.map(valueOf)).toEqual([
      { process: 'TAGSERVER', key: '4711' },
      { process: 'TAGSERVER', key: '4711' },
    ]);
  });

  test('are read through a rotation, by old and new programs, and not once the key is gone', async () => {
    const before = new EncryptionCodec([OLD]);
    const during = new EncryptionCodec([OLD, NEW]);
    const after = new EncryptionCodec([NEW, OLD]);
    const [old] = await before.encode([payloadOf('old')]);
    const [fresh] = await after.encode([payloadOf('fresh')]);
    for (const codec of [before, during, after]) expect(valueOf((await codec.decode([old ?? {}]))[0])).toBe('old');
    for (const codec of [during, after]) expect(valueOf((await codec.decode([fresh ?? {}]))[0])).toBe('fresh');
    await expect(new EncryptionCodec([NEW]).decode([old ?? {}])).rejects.toThrow(/does not list/);
  });

  test.each([0, 12, 40, -1])('with byte %d changed are refused', async (at) => {
    const codec = new EncryptionCodec([NEW]);
    const [good] = await codec.encode([payloadOf('a value that is long enough')]);
    const data = bytesOf(good);
    data.writeUInt8(data.readUInt8(at < 0 ? data.length + at : at) ^ 1, at < 0 ? data.length + at : at);
    await expect(codec.decode([{ ...good, data }])).rejects.toThrow(/cannot be decoded/);
    await expect(codec.decode([{ ...good, data: data.subarray(0, 20) }])).rejects.toThrow(/too short/);
  });

  test('under another id than they were made with are refused', async () => {
    const [good] = await new EncryptionCodec([{ ...NEW, id: 'a' }]).encode([payloadOf(1)]);
    await expect(
      new EncryptionCodec([{ ...NEW, id: 'b' }]).decode([
        { ...good, metadata: { ...good?.metadata, 'encryption-key-id': Buffer.from('b') } },
      ]),
    ).rejects.toThrow(/cannot be decoded/);
  });

  test('have a form that does not change: histories and the Java library hold it', async () => {
    const data = Buffer.from(
      '9GgyJBy967xI6pikd1IsYLuLWI/xztMbxRAzz0Ar7xTdEAXPTNEuoh7kxZmn+Lkp36nZzdkfiGCXGyrL8o2c',
      'base64',
    );
    const metadata = { encoding: Buffer.from('binary/encrypted'), 'encryption-key-id': Buffer.from('new') };
    const codec = new EncryptionCodec([{ id: 'new', key: new Uint8Array(32).fill(2) }]);
    expect((await codec.decode([{ metadata, data }])).map(valueOf)).toEqual(['IN_SYNC']);
  });

  test('stand beside those from before encryption was switched on', async () => {
    const [plain] = await new EncryptionCodec([NEW]).decode([payloadOf('plain')]);
    expect(valueOf(plain)).toBe('plain');
  });
});

describe('the data converter', () => {
  test('is the SDK’s own without a key', () => {
    expect(dataConverterOf({ TEMPORAL_CODEC_KEY: undefined })).toEqual({});
  });

  test('hides the text and the details of failures as well, and a client reads them', async () => {
    const converter = loadDataConverter(dataConverterOf({ TEMPORAL_CODEC_KEY: [NEW] }));
    const failure = await encodeErrorToFailure(
      converter,
      ApplicationFailure.create({ message: 'bib 12 is taken', details: ['bib 12'] }),
    );
    expect(failure.message).toBe('Encoded failure');
    expect(JSON.stringify(failure)).not.toMatch(/bib 12|payload-codec/);
    const [payload] = (await encodeToPayloads(converter, 'an argument')) ?? [];
    expect(bytesOf(payload).toString('latin1')).not.toContain('argument');
    expect(await decodeFromPayloadsAtIndex(converter, 0, [payload ?? {}])).toBe('an argument');
  });

  test('loads the failure converter in the way of the SDK', () => {
    expect(createRequire(import.meta.url)(FAILURE_CONVERTER_PATH)).toHaveProperty('failureConverter');
  });
});

test.each(['x'.repeat(44), `a:${'x'.repeat(10)}`, `a b:${randomBytes(32).toString('base64')}`, ''])(
  '%j is no key',
  (text) => {
    expect(codecKeys.safeParse(text).success).toBe(false);
  },
);

test('two keys with one id are refused, because a payload names its key by the id', () => {
  const text = `a:${randomBytes(32).toString('base64')}`;
  expect(codecKeys.safeParse(`${text},${text}`).success).toBe(false);
  expect(codecKeys.parse(`${text}, b:${randomBytes(32).toString('base64')}`).map(({ id }) => id)).toEqual(['a', 'b']);
});
