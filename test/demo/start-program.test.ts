import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { startReadyProgram } from '../../demo/start-program.ts';
import { inspect } from '../../local/leftover.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';

const cwd = temporaryFolder();
const program = (file: string) => ({
  name: 'The sample',
  file: `test/demo/fixtures/${file}`,
  environment: {},
  cwd,
  logFile: join(cwd, 'log'),
});

test('a program that ends before it is ready is an error with the end of its log', async () => {
  const started = startReadyProgram(program('missing.ts'), () => Promise.resolve(false));
  await expect(started).rejects.toThrow(/The sample ended \(exit code 1\)[\s\S]*missing\.ts/);
});

test('a program that somebody no longer waits for is ended', async () => {
  const stop = new AbortController();
  let looks = 0;
  const started = startReadyProgram(
    program('never-ready.ts'),
    () => {
      looks += 1;
      if (looks === 3) stop.abort(new Error('enough'));
      return Promise.resolve(false);
    },
    stop.signal,
  );
  await expect(started).rejects.toThrow('enough');
});

test('a program that is ready goes on running', async () => {
  const child = await startReadyProgram(program('never-ready.ts'), () => Promise.resolve(true));
  await sleep(100);
  expect(inspect(child.pid)).toBeDefined();
  await child.stop();
});
