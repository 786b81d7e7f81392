import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { unzipFile } from '../../local/unzip-file.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { writeZip } from './write-zip.ts';

const folder = temporaryFolder();
const archive = join(folder, 'archive.zip');
const target = join(folder, 'target');
const files = { 'a/first': 'first '.repeat(10_000), 'a/Ærø': 'second', empty: '' };

test.each(Object.entries(files))('the file %s of an archive comes out as it went in', async (name, content) => {
  writeZip(archive, files);
  await unzipFile(archive, name, target);
  expect(readFileSync(target, 'utf8')).toBe(content);
});

test('a file that the archive lacks, an archive that is cut short, and one that is none are told', async () => {
  writeZip(archive, files);
  await expect(unzipFile(archive, 'a', target)).rejects.toThrow('the archive has no file a');
  truncateSync(archive, 60);
  await expect(unzipFile(archive, 'a/first', target)).rejects.toThrow('this is not a ZIP archive');
  writeFileSync(archive, '');
  await expect(unzipFile(archive, 'a/first', target)).rejects.toThrow('this is not a ZIP archive');
});

test('a file whose content is damaged is refused', async () => {
  writeZip(archive, files);
  const bytes = readFileSync(archive);
  bytes.fill(0xff, 40, 60);
  writeFileSync(archive, bytes);
  await expect(unzipFile(archive, 'a/first', target)).rejects.toThrow(/invalid|bytes/);
});
