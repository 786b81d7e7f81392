import { join } from 'node:path';
import { startChild } from '../local/child-process.ts';
import { projectFolder } from '../local/folders.ts';
import { onStopSignal } from '../local/stop-signals.ts';
import { unitFiles } from './unit-files.ts';

const USAGE = `Usage: npm run unit -- FILE… [-t TITLE] [jest's options]
Runs pure tests in seconds, without servers, type check and lint. FILE: part of a path, for example test/sync/hash`;

/** Jest options that take a value as the next argument. */
const WITH_VALUE = ['-t', '--testNamePattern'];

function readArguments(args: readonly string[]): { readonly patterns: string[]; readonly options: string[] } {
  const isOption = (arg: string, index: number): boolean =>
    arg.startsWith('-') || WITH_VALUE.includes(args[index - 1] ?? '');
  return { patterns: args.filter((arg, index) => !isOption(arg, index)), options: args.filter(isOption) };
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}

const { patterns, options } = readArguments(process.argv.slice(2));
if (patterns.length === 0) refuse(USAGE);
const { pure, needServers } = unitFiles(projectFolder, patterns);
if (pure.length + needServers.size === 0) refuse(`No test file's path contains ${patterns.join(' or ')}.\n${USAGE}`);
for (const [file, because] of needServers) {
  const through = because === file ? '' : ` (through ${because})`;
  console.error(`${file} needs servers${through}. Run: npm test -- ${file}`);
}
if (pure.length === 0) process.exit(2);

const jest = await startChild({
  name: 'jest',
  command: process.execPath,
  args: [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(projectFolder, 'node_modules', 'jest', 'bin', 'jest.js'),
    '--reporters=default',
    ...(pure.length === 1 ? ['--runInBand'] : []),
    ...options,
    '--runTestsByPath',
    ...pure,
  ],
  cwd: projectFolder,
});
onStopSignal(() => jest.stop());
process.exitCode = (await jest.ended).code ?? 1;
