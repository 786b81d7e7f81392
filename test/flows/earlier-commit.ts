import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { localFolder, projectFolder } from '../../local/folders.ts';

const run = promisify(execFile);

/**
 * Checks the project out at that commit, ready to run in a separate folder. If git does not know the commit (a copy
 * without history), it uses today's code: then workers are replaced by workers of the same version.
 */
export async function earlierCommit(commit: string): Promise<{ readonly folder: string; remove(): void }> {
  const folder = join(localFolder, 'test', `earlier-${process.pid}`);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  remove();
  mkdirSync(folder, { recursive: true });
  try {
    const archive = `${folder}.tar`;
    await archiveOf(commit, archive);
    await run('tar', ['-xf', archive, '-C', folder]);
    rmSync(archive);
    await addDependencies(folder);
    return { folder, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function archiveOf(commit: string, archive: string): Promise<void> {
  const git = (...args: string[]) => run('git', args, { cwd: projectFolder });
  const isKnown = await git('rev-parse', '--verify', '--quiet', `${commit}^{commit}`).then(
    () => true,
    () => false,
  );
  if (isKnown) await git('archive', '--output', archive, commit);
  else
    await run('tar', ['-cf', archive, '--exclude=./node_modules', '--exclude=./.local', '--exclude=./.git', '.'], {
      cwd: projectFolder,
    });
}

/** Uses our node_modules if the lock file is the same. */
async function addDependencies(folder: string): Promise<void> {
  if (lockOf(folder) === lockOf(projectFolder)) {
    symlinkSync(join(projectFolder, 'node_modules'), join(folder, 'node_modules'));
    return;
  }
  const registry = join(projectFolder, '.npmrc');
  if (existsSync(registry)) cpSync(registry, join(folder, '.npmrc'));
  await run(process.execPath, [join(folder, 'local', 'setup.mjs')], { cwd: folder });
}

const lockOf = (project: string) => readFileSync(join(project, 'package-lock.json'), 'utf8');
