import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HEARTBEAT_MS = 5_000;
const SILENT_MS = 120_000;

/**
 * Runs `step` while holding the lock file, so that one process works while others wait. The holder touches the file every
 * few seconds. A lock is taken over if its holder has died or has not touched it for two minutes.
 *
 * @template T
 * @param {string} file path of the lock file; its folder is made
 * @param {() => Promise<T>} step
 * @param {{ onWait?: (holder: string) => void }} [options] `onWait` is called once with the holder
 * @returns {Promise<T>}
 */
export async function withLock(file, step, { onWait } = {}) {
  await mkdir(dirname(file), { recursive: true });
  const mark = JSON.stringify({ pid: process.pid, host: hostname(), id: randomBytes(8).toString('hex') });
  let told = false;
  while (!(await take(file, mark))) {
    const holder = await readFile(file, 'utf8').catch(() => '');
    if (await isStale(file, holder)) {
      await discard(file, holder);
      continue;
    }
    if (!told && holder !== '') {
      told = true;
      onWait?.(`process ${ownerOf(holder)?.pid ?? 'unknown'}`);
    }
    await sleep(250);
  }
  const heartbeat = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => {}), HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await step();
  } finally {
    clearInterval(heartbeat);
    if ((await readFile(file, 'utf8').catch(() => '')) === mark) await rm(file, { force: true });
  }
}

/** @param {string} file @param {string} mark */
async function take(file, mark) {
  try {
    await writeFile(file, mark, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** @param {unknown} error */
function codeOf(error) {
  // Not `instanceof Error`: under jest, Node's own errors come from another realm.
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/** @param {string} mark @returns {{ pid: number, host: string } | undefined} */
function ownerOf(mark) {
  try {
    return JSON.parse(mark);
  } catch {
    return undefined;
  }
}

/** @param {string} file @param {string} mark */
async function isStale(file, mark) {
  const silentFor =
    Date.now() -
    (await stat(file).then(
      (s) => s.mtimeMs,
      () => Date.now(),
    ));
  if (silentFor > SILENT_MS) return true;
  const owner = ownerOf(mark);
  // A mark that cannot be read is being written, or was cut short by a crash.
  if (owner === undefined) return silentFor > HEARTBEAT_MS;
  if (owner.host !== hostname()) return false;
  try {
    process.kill(owner.pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

/**
 * Two waiters may both find the lock stale, and the slower one must not remove the lock that the faster one has just
 * taken. So the file is moved aside first, and put back if it is not the stale one.
 *
 * @param {string} file
 * @param {string} staleMark
 */
async function discard(file, staleMark) {
  const aside = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  const moved = await readFile(aside, 'utf8').catch(() => '');
  if (moved !== staleMark) await writeFile(file, moved, { flag: 'wx' }).catch(() => {});
  await rm(aside, { force: true });
}
