import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../local/folders.ts';

/** A hash of the files, names and contents, that these patterns find in the project: 32 hexadecimal digits. */
export function hashOfFiles(patterns: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of globSync(patterns, { cwd: projectFolder }).toSorted())
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(projectFolder, file)))
      .update('\0');
  return hash.digest('hex').slice(0, 32);
}
