import { readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { withLock } from '../../local/lock.mjs';
import { temporaryFolder } from './temporary-folder.ts';

const folder = temporaryFolder();

test('of two that want the lock, one works while the other waits and is told for whom', async () => {
  const file = join(folder, 'two.lock');
  const events: string[] = [];
  const [inside, waited] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const first = withLock(file, async () => {
    events.push('first in');
    inside.resolve();
    await waited.promise;
    events.push('first out');
  });
  await inside.promise;
  const onWait = (holder: string) => {
    events.push(holder);
    waited.resolve();
  };
  const second = withLock(file, async () => events.push('second in'), { onWait });
  await Promise.all([first, second]);
  expect(events).toEqual(['first in', `process ${process.pid}`, 'first out', 'second in']);
});

test('a lock whose holder is dead is taken over', async () => {
  const file = join(folder, 'stale.lock');
  const dead = { pid: 2 ** 22 + 1, host: hostname(), id: 'gone' };
  writeFileSync(file, JSON.stringify(dead));
  const held = await withLock(file, async () => JSON.parse(readFileSync(file, 'utf8')) as { pid: number });
  expect(held.pid).toBe(process.pid);
});

test('a step that fails gives the lock back', async () => {
  const file = join(folder, 'failing.lock');
  await expect(withLock(file, () => Promise.reject(new Error('no luck')))).rejects.toThrow('no luck');
  await expect(withLock(file, () => Promise.resolve('mine'))).resolves.toBe('mine');
});
