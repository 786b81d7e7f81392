import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Child, type StartChild, startChild } from '../local/child-process.ts';
import { checkoutAdvice } from '../local/checkout-advice.mjs';
import { localFolder, projectFolder } from '../local/folders.ts';
import { newLogFile } from '../local/log-file.ts';
import { onStopSignal } from '../local/stop-signals.ts';
import { findTemporalCli } from '../local/temporal-cli.ts';
import { type Counts, jestArguments, jestCounts, summary } from './counts.ts';
import { startLocalServers } from './local-servers.ts';
import { startSharedSimulators } from './shared-simulators.ts';

/** CI stops a run after an hour without giving a reason. This limit comes first and gives it. */
const LIMIT_MINUTES = 54;

const node = process.execPath;
const started: { readonly name: string; stop(): Promise<void> }[] = [];
const say = (line: string): void => console.log(line);
const heading = (title: string): void => say(`\n== ${title}`);

async function stopAll(): Promise<void> {
  for (const one of started.splice(0).toReversed()) {
    try {
      await one.stop();
    } catch (error) {
      console.error(`${one.name} did not stop:`, error);
    }
  }
}

async function main(): Promise<Counts> {
  heading('Temporal CLI');
  const cli = await findTemporalCli({ onProgress: say });
  say(cli);

  heading('Servers');
  const servers = await startLocalServers(cli, say);
  started.push({ name: 'The servers', stop: () => servers.stop() });
  const simulators = await startSharedSimulators(say);
  started.push({ name: 'The process of simulators', stop: () => simulators.stop() });

  heading('Tests; type check, lint, structure and format beside them');
  const [checks, tests] = await Promise.all([
    runChecks(),
    runJest({ ...servers.environment, ...simulators.environment }),
  ]);
  return [...checks.map(counted), tests].reduce(sum);
}

/** One after the other: the tests wait for timers now and then, and the checks use that time. */
async function runChecks(): Promise<readonly Checked[]> {
  const typeCheck = await check('Type check', [['typescript/bin/tsc', '--noEmit']]);
  const rest = await check('Lint, structure and format', [
    ['oxlint/bin/oxlint', '--type-aware'],
    ['dependency-cruiser/bin/dependency-cruise.mjs', '--config', '.dependency-cruiser.cjs', '.'],
    ['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  ]);
  return [typeCheck, rest];
}

interface Checked {
  readonly title: string;
  readonly passed: boolean;
  readonly output: string;
}

/**
 * All programs run, so that one run shows every finding. What they write is shown in one piece: the tests write
 * meanwhile.
 */
async function check(title: string, programs: readonly (readonly string[])[]): Promise<Checked> {
  const logFile = newLogFile('check');
  let passed = true;
  for (const [program = '', ...args] of programs) {
    const file = join(projectFolder, 'node_modules', program);
    const code = await finished(await run({ name: program, args: [file, ...args], env: process.env, logFile }));
    if (code !== 0) passed = false;
  }
  const checked = { title, passed, output: readIfThere(logFile)?.trim() ?? '' };
  tell(checked);
  return checked;
}

function tell({ title, passed, output }: Checked): void {
  heading(title);
  if (output !== '') say(output);
  say(passed ? 'passed' : 'FAILED');
}

/** Counts as one test. A failure is shown again at the end, where nobody overlooks it. */
function counted(checked: Checked): Counts {
  if (!checked.passed) tell(checked);
  return { passed: checked.passed ? 1 : 0, failed: checked.passed ? 0 : 1, skipped: 0 };
}

async function runJest(servers: NodeJS.ProcessEnv): Promise<Counts> {
  const results = join(localFolder, 'test', `results-${process.pid}.json`);
  mkdirSync(join(localFolder, 'test'), { recursive: true });
  try {
    const child = await run({
      name: 'jest',
      args: jestArguments(join(projectFolder, 'node_modules'), results, process.argv.slice(2)),
      env: { ...process.env, ...servers },
    });
    const late = setTimeout(() => {
      console.error(`The tests have not ended after ${LIMIT_MINUTES} minutes; they are stopped.`);
      void child.stop();
    }, LIMIT_MINUTES * 60_000);
    const code = await finished(child);
    clearTimeout(late);
    return jestCounts(readIfThere(results), code);
  } finally {
    rmSync(results, { force: true });
  }
}

async function run(program: Pick<StartChild, 'name' | 'args' | 'env' | 'logFile'>): Promise<Child> {
  const child = await startChild({ ...program, command: node, cwd: projectFolder, graceMs: 5_000 });
  started.push(child);
  return child;
}

async function finished(child: Child): Promise<number> {
  const end = await child.ended;
  started.splice(started.indexOf(child), 1);
  return end.code ?? 1;
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function sum(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped };
}

let stopping = false;
onStopSignal(async (signal) => {
  stopping = true;
  say(`\nStopped by ${signal}.`);
  await stopAll();
});
let counts: Counts;
try {
  counts = await main();
} catch (error) {
  console.error(checkoutAdvice(error) ?? (error instanceof Error ? error.message : error));
  counts = { passed: 0, failed: 1, skipped: 0 };
}
// Interrupted tests are not a result. The handler ends the process.
if (stopping) await new Promise(() => {});
await stopAll();
say(summary(counts));
process.exitCode = counts.failed === 0 ? 0 : 1;
