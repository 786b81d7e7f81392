import { createUnzip } from 'node:zlib';
import { SyncError } from '../sync/sync-error.ts';

/** Every vendor has it. Brotli would shrink even honest lists so far that they could not be told from bombs. */
export const ACCEPTED_ENCODING = 'gzip';

const UNPACKED_BY_ZLIB: readonly string[] = ['gzip', 'x-gzip', 'deflate'];

/** JSON shrinks to a tenth; a list whose records differ in a few bytes, to a hundredth; blanks, to a thousandth. */
const MOST_GROWTH = 200;

/** What a body may grow to, however small it was. */
const ALWAYS_ALLOWED = 2 ** 20;

const CHUNK_BYTES = 2 ** 16;

export interface UnpackOptions {
  /** The target's name in messages. */
  readonly target: string;
  readonly mostBytes: number;
  /** Told of all that is unpacked, also of what is then too long. */
  readonly onBytes: (count: number) => void;
}

/**
 * Unpacks the body of an answer. Its length is known only while it is unpacked, so that is stopped where the body gets
 * too long, or grows as only a bomb does.
 *
 * @param encoding the `content-encoding` of the answer.
 * @returns null if it is too long.
 * @throws SyncError of class `transient` if it cannot be unpacked.
 */
export async function unpack(
  body: Uint8Array,
  encoding: string | undefined,
  { target, mostBytes, onBytes }: UnpackOptions,
): Promise<Uint8Array | null> {
  const name = encoding?.trim().toLowerCase() ?? 'identity';
  if (name === '' || name === 'identity' || body.length === 0) {
    onBytes(body.length);
    return body.length > mostBytes ? null : body;
  }
  if (!UNPACKED_BY_ZLIB.includes(name)) throw cannotBeUnpacked(target, 'content-encoding');
  const unzip = createUnzip({ chunkSize: CHUNK_BYTES });
  unzip.end(body);
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of unzip as AsyncIterable<Buffer>) {
      length += part.length;
      onBytes(part.length);
      if (length > mostBytes || length > ALWAYS_ALLOWED + MOST_GROWTH * unzip.bytesWritten) return null;
      parts.push(part);
    }
  } catch (error) {
    const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
    if (typeof code !== 'string' || !code.startsWith('Z_')) throw error;
    throw cannotBeUnpacked(target, code);
  }
  return Buffer.concat(parts, length);
}

const cannotBeUnpacked = (target: string, code: string) =>
  new SyncError('transient', `${target} gave an answer that cannot be unpacked (${code})`, { code });
