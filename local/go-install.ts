import { tellElapsed } from './elapsed.ts';
import { findOnPath, lastLine } from './program-cache.ts';
import { runCommand, within } from './run-command.ts';

export interface GoInstall {
  /** Shown while it builds. */
  readonly title: string;
  /** Each with its version: `go.temporal.io/server/cmd/server@v1.29.1`. */
  readonly packages: readonly string[];
  /** The folder for the programs. Each is named after the last part of its package's path. */
  readonly into: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

const LIMIT_SECONDS = 30 * 60;

/** Builds programs from their Go modules. Returns undefined on success, else the problem in one line. */
export async function goInstall(options: GoInstall): Promise<string | undefined> {
  const { title, packages, into, env, onProgress, signal } = options;
  const go = findOnPath('go', env);
  if (go === undefined) return 'Go is not installed (no program named go on the PATH)';
  // Ignore flags and targets that the user has set for other Go work.
  const clean = { ...env, GOBIN: into, GOFLAGS: '', GOOS: '', GOARCH: '', GO111MODULE: 'on', GOWORK: 'off' };
  const result = await tellElapsed(title, onProgress, () =>
    runCommand(go, ['install', ...packages], { cwd: into, env: clean, signal, stillGood: within(LIMIT_SECONDS) }),
  );
  return result.ok ? undefined : `${result.reason}: ${lastLine(result.output)}`;
}
