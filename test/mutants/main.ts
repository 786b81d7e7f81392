import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { localFolder, projectFolder } from '../../local/folders.ts';
import { findTemporalCli } from '../../local/temporal-cli.ts';
import { onStopSignal } from '../../local/stop-signals.ts';
import { startLocalServers } from '../local-servers.ts';
import { MUTANTS } from './list.ts';
import type { Mutant } from './mutant.ts';

/**
 * `npm run mutants [WORD]`: applies each deliberate fault of `list.ts` (whose name contains the word, or whose number in
 * docs/pitfalls.md it is) to a copy of the project, and runs the test that must notice. Ends with a table, and with 1 if
 * a fault survives.
 */
const copy = join(localFolder, 'mutants');
const say = (line: string): void => console.log(line);

function makeCopy(): void {
  rmSync(copy, { recursive: true, force: true });
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: projectFolder,
    encoding: 'utf8',
  });
  for (const file of files.split('\n').filter((path) => path !== '' && !path.startsWith('clients/java/'))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(projectFolder, file), join(copy, file));
  }
  symlinkSync(join(projectFolder, 'node_modules'), join(copy, 'node_modules'));
}

type Verdict = 'killed' | 'survived' | 'not run';

/** `not run`: jest failed without a failed test, so nothing is shown. */
function runTest(test: string, environment: Readonly<Record<string, string>>): Verdict {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(copy, 'node_modules/jest/bin/jest.js'),
      '--maxWorkers=1',
      '--runTestsByPath',
      join(copy, 'test', `${test}.test.ts`),
    ],
    { cwd: copy, env: { ...process.env, ...environment }, encoding: 'utf8' },
  );
  if (status === 0) return 'survived';
  return /^Tests: .*\b[1-9]\d* failed/m.test(`${stdout}${stderr}`) ? 'killed' : 'not run';
}

function apply({ name, file, find, replace }: Mutant): () => void {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(find).length !== 2) throw new Error(`${name}: "${find}" must occur once in ${file}`);
  writeFileSync(
    path,
    source.replace(find, () => replace),
  );
  return () => writeFileSync(path, source);
}

const word = process.argv[2] ?? '';
const chosen = MUTANTS.filter(({ name, point }) => (/^\d+$/.test(word) ? point === Number(word) : name.includes(word)));
const servers = await startLocalServers(await findTemporalCli({ onProgress: say }), say);
onStopSignal(() => void servers.stop().then(() => process.exit(130)));
try {
  makeCopy();
  const verdicts: [string, Mutant][] = [];
  for (const test of new Set(chosen.map((mutant) => mutant.test))) {
    const isGreen = runTest(test, servers.environment) === 'survived';
    for (const mutant of chosen.filter((one) => one.test === test)) {
      const undo = apply(mutant);
      const verdict = isGreen ? runTest(test, servers.environment) : 'test is red without it';
      undo();
      verdicts.push([verdict, mutant]);
      say(`${verdict}: ${mutant.name} (test/${test}.test.ts)`);
    }
  }
  const alive = verdicts.filter(([verdict]) => verdict !== 'killed');
  say(`mutants: ${verdicts.length}, killed ${verdicts.length - alive.length}, not killed ${alive.length}`);
  process.exitCode = alive.length === 0 ? 0 : 1;
} finally {
  await servers.stop();
  rmSync(copy, { recursive: true, force: true });
}
