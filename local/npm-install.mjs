// Plain JavaScript for any Node from 18 on: set-up uses it.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onStopRequest } from './stop-request.mjs';

/** How long npm may take to end before it is killed, in milliseconds. */
const GRACE_MS = 5_000;

/**
 * Runs npm on the machine's own Node, because the one in node_modules is removed and reinstalled. npm leads its own
 * process group, so its install scripts end with it.
 *
 * @param {string} root the project's folder
 * @param {string[]} args
 * @param {string} log
 * @returns {Promise<{ exit: number | string, stoppedBy: string | undefined }>} `exit`: the exit code, or why npm
 *   could not run; `stoppedBy`: the signal for which it was ended
 */
export async function runNpm(root, args, log) {
  const path = pathWithoutOurs(root);
  const cli = process.env.npm_execpath;
  const viaNpm = cli !== undefined && /npm-cli\.[cm]?js$/.test(cli) && existsSync(cli);
  const systemNode = path.split(delimiter).some((folder) => existsSync(join(folder, 'node')));
  const [command, commandArgs] = viaNpm ? [systemNode ? 'node' : process.execPath, [cli, ...args]] : ['npm', args];
  const output = openSync(log, 'w');
  /** @type {number | undefined} */
  let pid;
  /** @type {string | undefined} */
  let stoppedBy;
  // Register before npm starts: a signal between its start and the handler would end this process and leave npm
  // running.
  const off = onStopRequest((signal) => {
    if (stoppedBy === undefined) setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MS).unref();
    stoppedBy ??= signal;
    signalGroup(pid, 'SIGTERM');
  });
  try {
    const exit = await new Promise((done) => {
      const child = spawn(command, commandArgs, {
        cwd: root,
        env: { ...process.env, PATH: path },
        stdio: ['ignore', output, output],
        detached: true,
      });
      pid = child.pid;
      child.once('error', (error) => done(`npm could not be started: ${error.message}`));
      child.once('close', (code, signal) => done(code ?? signal ?? 'ended'));
      child.once('close', () => signalGroup(pid, 'SIGKILL'));
      if (pid !== undefined) noteRun(root, pid);
    });
    return { exit, stoppedBy };
  } finally {
    off();
    closeSync(output);
    rmSync(runFile(root), { force: true });
  }
}

/**
 * Ends the npm of a killed set-up, because two of them would write into the same node_modules.
 *
 * @param {string} root
 */
export async function endLeftoverNpm(root) {
  const { pid, startedAt } = readRun(root);
  if (pid !== undefined && isThatOne(pid, startedAt)) {
    console.error(`Ending the npm that an earlier set-up has left running (process ${pid}) …`);
    signalGroup(pid, 'SIGTERM');
    for (let waited = 0; waited < GRACE_MS && isThatOne(pid, startedAt); waited += 100) await sleep(100);
    signalGroup(pid, 'SIGKILL');
  }
  rmSync(runFile(root), { force: true });
}

/** @param {string} root */
function pathWithoutOurs(root) {
  const ours = [join(root, 'node_modules'), join(realpathSync(root), 'node_modules')];
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !ours.some((modules) => folder.startsWith(modules)))
    .join(delimiter);
}

/** @param {string} root */
const runFile = (root) => join(root, '.local', 'npm-install.json');

/** @param {string} root @param {number} pid */
function noteRun(root, pid) {
  writeFileSync(runFile(root), JSON.stringify({ pid, startedAt: startOf(pid) }));
}

/** @param {string} root @returns {{ pid?: number, startedAt?: number | null }} */
function readRun(root) {
  try {
    return JSON.parse(readFileSync(runFile(root), 'utf8'));
  } catch {
    return {};
  }
}

/**
 * Whether the process is the recorded one and not a later one with the same id. `ps` computes the start time and may be
 * a second off.
 *
 * @param {number} pid
 * @param {number | null | undefined} startedAt
 */
function isThatOne(pid, startedAt) {
  const start = startOf(pid);
  return start !== null && typeof startedAt === 'number' && Math.abs(start - startedAt) <= 2_000;
}

/** When the process was started; null if there is none, or only a zombie. @param {number} pid */
function startOf(pid) {
  const env = { ...process.env, LC_ALL: 'C' };
  const { stdout } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8', env });
  const [, state = 'Z', startedAt = ''] = /^\s*(\S+)\s+(.*\S)/.exec(stdout ?? '') ?? [];
  return state.startsWith('Z') ? null : Date.parse(startedAt);
}

/** The group may have ended already. @param {number | undefined} pid @param {NodeJS.Signals} signal */
function signalGroup(pid, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    return;
  }
}
