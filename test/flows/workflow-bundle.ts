import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from '../../local/child-process.ts';
import { localFolder, projectFolder } from '../../local/folders.ts';
import { newLogFile } from '../../local/log-file.ts';
import { hashOfFiles } from '../hash-of-files.ts';

/** The sources of the bundle. Workflows import only types from activities; those are listed in case that changes. */
const SOURCES = ['workflows/**/*.ts', 'sync/**/*.ts', 'activities/**/*.ts', 'package-lock.json'];

/** The workflow bundle of the current code, named after a hash of it. It is built once and then shared. */
export async function workflowBundleFile(): Promise<string> {
  const folder = join(localFolder, 'test', 'workflow-bundles');
  const bundle = join(folder, `${hashOfFiles(SOURCES)}.js`);
  if (existsSync(bundle)) return bundle;
  mkdirSync(folder, { recursive: true });
  const program = await startChild({
    name: 'The workflow bundler',
    command: process.execPath,
    args: [fileURLToPath(new URL('make-workflow-bundle.ts', import.meta.url)), bundle],
    cwd: projectFolder,
    logFile: newLogFile('workflow-bundle'),
  });
  const end = await program.ended;
  if (end.code !== 0) throw new Error(program.describeEnd(end));
  return bundle;
}
