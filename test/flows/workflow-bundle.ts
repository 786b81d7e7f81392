import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startChild } from '../../local/child-process.ts';
import { localFolder, projectFolder } from '../../local/folders.ts';
import { newLogFile } from '../../local/log-file.ts';

/** What the bundle is made of. Workflows import only types from activities; they are here in case that changes. */
const SOURCES = ['workflows/**/*.ts', 'sync/**/*.ts', 'activities/**/*.ts', 'package-lock.json'];

/** The workflow bundle of the code as it is now, named after a hash of that code. It is made once and then shared. */
export async function workflowBundleFile(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of globSync(SOURCES, { cwd: projectFolder }).toSorted())
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(projectFolder, file)))
      .update('\0');
  const folder = join(localFolder, 'test', 'workflow-bundles');
  const bundle = join(folder, `${hash.digest('hex').slice(0, 32)}.js`);
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
