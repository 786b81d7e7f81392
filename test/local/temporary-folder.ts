import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';

/** Creates a folder with a space in its name; it is removed after the tests of the calling file. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'ems sync test-')));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
