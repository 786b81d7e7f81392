import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { METADATA_ENCODING_KEY, type Payload, type PayloadCodec, ValueError } from '@temporalio/common';
import proto from '@temporalio/proto';

/** A key of TEMPORAL_CODEC_KEY. */
export interface CodecKey {
  /** Stands in the clear beside each payload, so that it can be decoded after a rotation. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

/**
 * Encrypts payloads with AES-256-GCM: nonce, ciphertext, tag, bound to the key's id. The Java library has the same form.
 * The first key encodes, all of them decode; payloads from before encryption was switched on are left as they are.
 */
export class EncryptionCodec implements PayloadCodec {
  readonly #keys: ReadonlyMap<string, Uint8Array>;
  readonly #first: CodecKey;

  /** @throws RangeError without a key. */
  constructor(keys: readonly CodecKey[]) {
    const [first] = keys;
    if (first === undefined) throw new RangeError('no key');
    this.#first = first;
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]));
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => this.#encode(payload));
  }

  /** @throws ValueError if a payload was encoded with a key that is not listed, or was changed. */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => (isEncrypted(payload) ? this.#decode(payload) : payload));
  }

  #encode(payload: Payload): Payload {
    const { id, key } = this.#first;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(id));
    const text = Buffer.concat([cipher.update(PayloadMessage.encode(payload).finish()), cipher.final()]);
    return {
      metadata: { [METADATA_ENCODING_KEY]: Buffer.from(ENCODING), [KEY_ID]: Buffer.from(id) },
      data: Buffer.concat([nonce, text, cipher.getAuthTag()]),
    };
  }

  #decode({ metadata, data }: Payload): Payload {
    const id = textOf(metadata?.[KEY_ID]);
    const key = this.#keys.get(id);
    if (key === undefined)
      throw new ValueError('a payload was encoded with a key that TEMPORAL_CODEC_KEY does not list');
    const bytes = Buffer.from(data ?? []);
    if (bytes.length < NONCE_BYTES + TAG_BYTES) throw new ValueError('an encoded payload is too short');
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(Buffer.from(id))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      const text = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
      return PayloadMessage.decode(Buffer.concat(text));
    } catch (error) {
      throw new ValueError('an encoded payload cannot be decoded with its key', error);
    }
  }
}

const isEncrypted = ({ metadata }: Payload) => textOf(metadata?.[METADATA_ENCODING_KEY]) === ENCODING;

const textOf = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();
