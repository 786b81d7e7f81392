import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { localFolder, projectFolder } from '../../local/folders.ts';

/** A demo as a child process, started as `npm run demo` does. */
export class DemoProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown[]>;
  /** Inherited by everything the demo starts, to identify it. */
  readonly #mark = `demo-test-${randomBytes(6).toString('hex')}`;
  out = '';
  err = '';

  constructor(...args: string[]) {
    const run = [join(projectFolder, 'local', 'run.mjs'), 'demo/main.ts', ...args];
    this.#child = spawn(process.execPath, run, {
      // Its simulators are its own processes.
      env: { ...process.env, SIMULATORS_SHARED_PROCESS: '', EMS_SYNC_TEST_MARK: this.#mark },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#child, 'close');
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.out += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.err += text));
  }

  /** The exit code, once all output has been read. */
  async ended(): Promise<number | null> {
    const [code] = await this.#ended;
    return code as number | null;
  }

  /** Waits until `pattern` matches standard output; returns what it captures. */
  async told(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.out);
      if (found !== null) return found[1] ?? found[0];
      if (this.#child.exitCode !== null) throw new Error(`the demo ended before it told that:\n${this.out}${this.err}`);
      await sleep(100);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The process id of the demo itself. */
  async pid(): Promise<number> {
    return Number(await this.told(/workers-(\d+)-\d+\.log/));
  }

  lastLine(): string {
    return this.out.trimEnd().split('\n').at(-1) ?? '';
  }

  /** Processes and files that are left of this demo. */
  async remains(): Promise<string[]> {
    return this.#remainsOf(await this.pid());
  }

  /** The same for a demo that ended before it printed the path of its workers' log: its folder is not checked. */
  async remainsOfStart(): Promise<string[]> {
    return this.#remainsOf('none');
  }

  async #remainsOf(pid: number | 'none'): Promise<string[]> {
    const processes = execFileSync('ps', ['axeww'], { encoding: 'utf8', maxBuffer: 2 ** 26 })
      .split('\n')
      .filter((line) => line.includes(this.#mark) || line.includes(join(localFolder, 'demo', `${pid}-`)));
    const ports = [...this.out.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
    const listening = [];
    for (const port of new Set(ports)) if (await accepts(port)) listening.push(`port ${port}`);
    const folders = readdirSync(join(localFolder, 'demo')).filter((name) => name.startsWith(`${pid}-`));
    const file = /set -a; \. (.+); set \+a/.exec(this.out)?.[1];
    const files = file !== undefined && existsSync(join(projectFolder, file)) ? [file] : [];
    return [...processes, ...listening, ...folders, ...files];
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
