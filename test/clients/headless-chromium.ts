import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { localFolder, projectFolder } from '../../local/folders.ts';
import { findOnPath } from '../../local/program-cache.ts';
import { waitUntil } from '../wait-until.ts';

/** `CHROMIUM` names another program than the one on the PATH. */
const installed =
  process.env['CHROMIUM'] ??
  ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
    .map((name) => findOnPath(name, process.env))
    .find((path) => path !== undefined);

/** Whether this machine has a Chromium, or can run the one of the package `@sparticuz/chromium`. */
export const hasChromium = installed !== undefined || (process.platform === 'linux' && process.arch === 'x64');

interface Program {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  readonly arguments: readonly string[];
}

/** Unpacks program, fonts and libraries. In a process of its own, because the package unpacks into TMPDIR, which others share. */
const UNPACK = `
  import packaged, { inflate } from '@sparticuz/chromium';
  await packaged.executablePath();
  await inflate(process.argv[1]);
`;

async function programToRun(): Promise<Program> {
  if (installed !== undefined) return { path: installed, env: process.env, arguments: [] };
  const folder = join(localFolder, 'chromium');
  await mkdir(folder, { recursive: true });
  const libraries = join(projectFolder, 'node_modules/@sparticuz/chromium/bin/al2023.tar.br');
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', UNPACK, libraries], {
    cwd: projectFolder,
    env: { TMPDIR: folder },
  });
  // For systems without the libraries and fonts of a browser: the first text ends a Chromium that finds no font.
  const fonts = join(folder, 'fonts.conf');
  await writeFile(fonts, `<fontconfig><dir>${folder}/fonts</dir><cachedir>${folder}/cache</cachedir></fontconfig>`);
  const env = { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'), FONTCONFIG_FILE: fonts };
  return { path: join(folder, 'chromium'), env, arguments: ['--no-zygote'] };
}

const ARGUMENTS = [
  '--headless=new',
  // Root, as in containers, has no sandbox; only our own pages are opened.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  '--disable-background-networking',
  '--no-first-run',
  '--remote-debugging-port=0',
];

interface Message {
  readonly id?: number;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** One page of a Chromium without a window, steered by its DevTools protocol. */
export class HeadlessPage {
  readonly #program: ChildProcess;
  readonly #folder: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #session: string | undefined;
  #last = 0;

  private constructor(program: ChildProcess, folder: string, socket: WebSocket) {
    this.#program = program;
    this.#folder = folder;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as Message;
      if (message.id !== undefined) this.#waiting.get(message.id)?.(message);
    });
    socket.addEventListener('close', () => {
      for (const answer of this.#waiting.values()) answer({ error: { message: 'Chromium has ended' } });
    });
  }

  static async start(): Promise<HeadlessPage> {
    const { path, env, arguments: own } = await programToRun();
    const folder = await mkdtemp(join(tmpdir(), 'chromium-'));
    const program = spawn(path, [...ARGUMENTS, ...own, `--user-data-dir=${folder}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env,
    });
    let address: string | undefined;
    for await (const line of createInterface({ input: program.stderr })) {
      address = /DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (address !== undefined) break;
    }
    if (address === undefined) throw new Error(`${path} did not start`);
    program.stderr.resume();
    const socket = new WebSocket(address);
    await once(socket, 'open');
    const page = new HeadlessPage(program, folder, socket);
    const { targetId } = await page.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await page.send('Target.attachToTarget', { targetId, flatten: true });
    page.#session = String(sessionId);
    return page;
  }

  /** @throws Error with the browser's reason. */
  async send(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<Record<string, unknown>> {
    const id = (this.#last += 1);
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(
      JSON.stringify({ id, method, params, ...(this.#session === undefined ? {} : { sessionId: this.#session }) }),
    );
    const { result, error } = await answer;
    this.#waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  /** What an expression gives in the page, as JSON. */
  async evaluate<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })) as { result: { value: T }; exceptionDetails?: { text: string; exception?: { description?: string } } };
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Opens an address and waits until all of it is there. */
  async open(url: string): Promise<void> {
    await this.mark();
    await this.send('Page.navigate', { url });
    await this.loaded(url);
  }

  /** Waits for another document than the one that {@link mark} has marked. */
  async loaded(what: string): Promise<void> {
    await waitUntil({ what }, () =>
      this.evaluate<boolean>("window.isOld === undefined && document.readyState === 'complete'").catch(() => false),
    );
  }

  /** Before something that loads another document: see {@link loaded}. */
  async mark(): Promise<void> {
    await this.evaluate('(window.isOld = true, 1)');
  }

  /** @param width of the window in CSS pixels */
  async show(width: number, scheme: 'light' | 'dark'): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', {
      width,
      height: 900,
      deviceScaleFactor: 1,
      mobile: width < 600,
    });
    await this.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
  }

  async press(key: 'Tab' | 'Enter'): Promise<void> {
    const code = { Tab: 9, Enter: 13 }[key];
    const common = { key, code: key, windowsVirtualKeyCode: code };
    await this.send('Input.dispatchKeyEvent', {
      ...common,
      type: key === 'Enter' ? 'keyDown' : 'rawKeyDown',
      ...(key === 'Enter' ? { text: '\r' } : {}),
    });
    await this.send('Input.dispatchKeyEvent', { ...common, type: 'keyUp' });
  }

  async type(text: string): Promise<void> {
    await this.send('Input.insertText', { text });
  }

  /** PNG of the whole page. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: true });
    return Buffer.from(String(data), 'base64');
  }

  async stop(): Promise<void> {
    this.#session = undefined;
    const ended = once(this.#program, 'exit');
    // It may end before it has answered.
    await Promise.allSettled([this.send('Browser.close'), ended]);
    this.#socket.close();
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
