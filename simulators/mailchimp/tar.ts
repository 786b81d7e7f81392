import { gzipSync } from 'node:zlib';

const BLOCK = 512;

export interface TarFile {
  /** At most 100 bytes. */
  readonly name: string;
  readonly content: string;
}

/** A gzipped archive (ustar) of these files. `at` is in milliseconds since 1970. */
export function tarGz(files: readonly TarFile[], at: number): Buffer {
  const seconds = Math.floor(at / 1_000);
  const folder = header({ name: './', size: 0, seconds, type: '5', mode: '0000755' });
  const entries = files.flatMap(({ name, content }) => {
    const bytes = Buffer.from(content, 'utf8');
    const padding = Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
    return [header({ name: `./${name}`, size: bytes.length, seconds, type: '0', mode: '0000644' }), bytes, padding];
  });
  return gzipSync(Buffer.concat([folder, ...entries, Buffer.alloc(2 * BLOCK)]));
}

interface Entry {
  readonly name: string;
  readonly size: number;
  readonly seconds: number;
  readonly type: '0' | '5';
  readonly mode: string;
}

function header({ name, size, seconds, type, mode }: Entry): Buffer {
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0, 100);
  block.write(`${mode}\0`, 100);
  block.write('0000000\0', 108);
  block.write('0000000\0', 116);
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  block.write(`${seconds.toString(8).padStart(11, '0')}\0`, 136);
  block.fill(' ', 148, 156);
  block.write(type, 156);
  block.write('ustar\0', 257);
  block.write('00', 263);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
