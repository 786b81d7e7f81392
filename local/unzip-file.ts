import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';

const END_OF_DIRECTORY = Buffer.from([0x50, 0x4b, 0x05, 0x06]);
const END_LENGTH = 22;
const LONGEST_COMMENT = 65_535;
const ENTRY = 0x02_01_4b_50;
const ENTRY_LENGTH = 46;
const LOCAL_HEADER = 0x04_03_4b_50;
const LOCAL_LENGTH = 30;
const STORED = 0;
const DEFLATED = 8;

interface Entry {
  readonly method: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerAt: number;
}

/**
 * Writes the file `name` of a ZIP archive to `target`. Node has inflate but no ZIP reader, and not every Python that
 * runs pip is on the PATH.
 *
 * @throws Error if the archive is damaged, has no such file, or uses a compression other than deflate
 */
export async function unzipFile(archive: string, name: string, target: string): Promise<void> {
  const file = await open(archive, 'r');
  let start: number;
  let found: Entry;
  try {
    const read = async (position: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
      if (bytesRead < length) throw new Error(`${archive} is cut short`);
      return buffer;
    };
    found = await findEntry(read, (await file.stat()).size, name);
    const header = await read(found.headerAt, LOCAL_LENGTH);
    if (header.readUInt32LE(0) !== LOCAL_HEADER) throw new Error(`${archive} is damaged at ${name}`);
    start = found.headerAt + LOCAL_LENGTH + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    await file.close();
  }
  const { method, compressedSize, size } = found;
  const packed =
    compressedSize === 0 ? Readable.from([]) : createReadStream(archive, { start, end: start + compressedSize - 1 });
  const output = createWriteStream(target);
  if (method === DEFLATED) await pipeline(packed, createInflateRaw(), output);
  else if (method === STORED) await pipeline(packed, output);
  else throw new Error(`${name} in ${archive} has an unknown compression (${method})`);
  if (output.bytesWritten !== size)
    throw new Error(`${name} in ${archive} has ${output.bytesWritten} of ${size} bytes`);
}

async function findEntry(
  read: (position: number, length: number) => Promise<Buffer>,
  archiveSize: number,
  name: string,
): Promise<Entry> {
  const tailLength = Math.min(archiveSize, END_LENGTH + LONGEST_COMMENT);
  const tail = await read(archiveSize - tailLength, tailLength);
  const end = tail.lastIndexOf(END_OF_DIRECTORY);
  if (end < 0) throw new Error('this is not a ZIP archive');
  const directory = await read(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  for (let at = 0; at + ENTRY_LENGTH <= directory.length && directory.readUInt32LE(at) === ENTRY;) {
    const nameLength = directory.readUInt16LE(at + 28);
    if (directory.toString('utf8', at + ENTRY_LENGTH, at + ENTRY_LENGTH + nameLength) === name) {
      return {
        method: directory.readUInt16LE(at + 10),
        compressedSize: directory.readUInt32LE(at + 20),
        size: directory.readUInt32LE(at + 24),
        headerAt: directory.readUInt32LE(at + 42),
      };
    }
    at += ENTRY_LENGTH + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  throw new Error(`the archive has no file ${name}`);
}
