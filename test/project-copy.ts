import { cpSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { localFolder, projectFolder } from '../local/folders.ts';

/** The source of workers and command line, and what checks it. */
const COPIED = [
  'activities',
  'clients',
  'database',
  'settings',
  'sync',
  'targets',
  'workers',
  'workflows',
  'package.json',
  'tsconfig.json',
  '.prettierrc.json',
];

/** Copies the project, so that a test can change it and run its workers. */
export function copyProject(name: string): { readonly folder: string; readonly remove: () => void } {
  const folder = join(localFolder, 'test', `${name}-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  for (const path of COPIED)
    cpSync(join(projectFolder, path), join(folder, path), {
      recursive: true,
      filter: (source) => !source.includes('/java/'),
    });
  symlinkSync(join(projectFolder, 'node_modules'), join(folder, 'node_modules'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
