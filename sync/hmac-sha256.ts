import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/** Most texts are the values of fields; a longer one gets a buffer of its own. */
const SCRATCH_BYTES = 4_096;

/** No character takes more in UTF-8, by the units that JavaScript counts. */
const BYTES_PER_UNIT = 3;

/** What the inner and the outer hash are computed of. Each begins with the key's block. */
interface Buffers {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/**
 * HMAC-SHA-256 (RFC 2104), hexadecimal. By two one-shot hashes in buffers that are used again: Node's `Hmac` is an object with a
 * native part, which costs twice as much, and a page of rows needs thousands.
 *
 * @throws RangeError for a key that is longer than a block; ours have 32 bytes.
 */
export function hmacSha256(key: Uint8Array, text: string): string {
  const { inner, outer } = buffersOf(key);
  const most = BLOCK_BYTES + text.length * BYTES_PER_UNIT;
  const message = most <= inner.length ? inner : Buffer.concat([inner.subarray(0, BLOCK_BYTES)], most);
  const length = message.write(text, BLOCK_BYTES);
  outer.write(hash('sha256', message.subarray(0, BLOCK_BYTES + length)), BLOCK_BYTES, 'hex');
  return hash('sha256', outer);
}

function buffersOf(key: Uint8Array): Buffers {
  const known = BUFFERS.get(key);
  if (known !== undefined) return known;
  if (key.length > BLOCK_BYTES) throw new RangeError(`a key of ${key.length} bytes is longer than a block`);
  const made = { inner: begun(key, 0x36, SCRATCH_BYTES), outer: begun(key, 0x5c, BLOCK_BYTES + DIGEST_BYTES) };
  BUFFERS.set(key, made);
  return made;
}

/** A buffer that begins with the key's block. */
function begun(key: Uint8Array, filler: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.fill(filler, 0, BLOCK_BYTES);
  for (const [place, byte] of key.entries()) buffer[place] = byte ^ filler;
  return buffer;
}

/** By key, of which there are a few. */
const BUFFERS = new WeakMap<Uint8Array, Buffers>();
