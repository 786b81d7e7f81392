import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { localFolder, projectFolder } from '../../local/folders.ts';
import type { ProcessUnderTest } from '../flows/process-under-test.ts';
import { System } from '../flows/system.ts';

const run = promisify(execFile);

/** What workers and command line are made of. */
const SHIPPED = ['activities', 'clients', 'database', 'settings', 'sync', 'targets', 'workers', 'workflows'];

const TOKEN = 'board-token';

/** The page's blocks of code, by file. */
function filesOfPage(): ReadonlyMap<string, string> {
  const page = readFileSync(join(projectFolder, 'docs', 'adding-a-target.md'), 'utf8');
  return new Map(
    [...page.matchAll(/^```ts file=(\S+)\n(.*?)^```$/gms)].map(([, file = '', code = '']) => [file, code]),
  );
}

/** A board as the page describes it: what it holds, and whatever was asked of it. */
class Board {
  readonly races = new Map<string, Readonly<Record<string, unknown>>>();
  readonly writes: string[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const say = (status: number, body?: unknown) => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(body === undefined ? '' : JSON.stringify(body));
    };
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return say(401, { error: 'unauthorised' });
    if (method === 'GET') return say(200, [...this.races.keys()]);
    this.writes.push(`${method} ${url}`);
    const id = url.split('/').at(-1) ?? '';
    if (method === 'DELETE') return this.races.delete(id) ? say(204) : say(404, { error: 'unknown' });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const race = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Readonly<Record<string, unknown>>;
    if (race['metres'] === 13) return say(422, { error: 'an unlucky distance', field: 'metres' });
    this.races.set(id, race);
    return say(200, {});
  }
}

const folder = join(localFolder, 'test', `adding-a-target-${process.pid}`);
const board = new Board();
let system: System;
let scoreboard: ProcessUnderTest;

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  for (const name of [...SHIPPED, 'package.json', 'tsconfig.json'])
    cpSync(join(projectFolder, name), join(folder, name), {
      recursive: true,
      filter: (path) => !path.includes('/java/'),
    });
  symlinkSync(join(projectFolder, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, code] of filesOfPage()) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), code);
  }
  const url = await board.start();
  system = await System.start({ settings: { SCOREBOARD_URL: url, SCOREBOARD_TOKEN: TOKEN } });
  await system.stopWorkers();
  await system.startWorkers(folder);
  scoreboard = system.process('SCOREBOARD' as 'TAGSERVER');
});

afterAll(async () => {
  await system?.stop();
  await board.stop();
  rmSync(folder, { recursive: true, force: true });
});

const withoutBoard = (text: string) =>
  text.replaceAll(/^.*import \{ scoreboard \}.*\n/gm, '').replaceAll(/, scoreboard\b|, 'SCOREBOARD'/g, '');

const program = (name: string) => join(projectFolder, 'node_modules', name);

describe('the files of the page', () => {
  test('are the project’s own where it has them, but for the new target', () => {
    const files = filesOfPage();
    expect([...files.keys()].filter((file) => !file.startsWith('targets/scoreboard/'))).toEqual([
      'sync/sync-process-name.ts',
      'targets/index.ts',
    ]);
    for (const file of ['sync/sync-process-name.ts', 'targets/index.ts'])
      expect(withoutBoard(files.get(file) ?? '')).toBe(readFileSync(join(projectFolder, file), 'utf8'));
  });

  test('fit the types of the project, and its style', async () => {
    await run(process.execPath, [program('typescript/bin/tsc'), '--noEmit', '--project', folder]);
    const files = [...filesOfPage().keys()].map((file) => join(folder, file));
    const config = join(projectFolder, '.prettierrc.json');
    await run(process.execPath, [
      program('prettier/bin/prettier.cjs'),
      '--check',
      '--config',
      config,
      '--ignore-path',
      '/dev/null',
      ...files,
    ]);
  });
});

describe('the board', () => {
  test('gets what passes the filter, with the name of its event, and nothing in the second sweep', async () => {
    const event = await system.ems.event({ name: 'Harbour Run' });
    const draft = await system.ems.event({ status: 'DRAFT' });
    const race = await system.ems.race(event, { name: '10K' });
    await system.ems.race(draft, { name: 'Not yet' });
    const { totals } = await scoreboard.sweep();
    expect(totals).toMatchObject({ Race: { due: 1, failed: 0, parked: 0 } });
    expect([...board.races]).toEqual([
      [race, expect.objectContaining({ title: '10K', event: 'Harbour Run', metres: 10_000 })],
    ]);
    expect(await scoreboard.record('Race', race)).toMatchObject({ state: 'IN_SYNC', remote_id: race });
    board.writes.length = 0;
    expect((await scoreboard.sweep()).totals).toEqual({});
    expect(board.writes).toEqual([]);
  });

  test('gets a change of the row, and of what is read beside it; what leaves EMS leaves the board', async () => {
    const event = await system.ems.event({ name: 'Forest Run' });
    const race = await system.ems.race(event, { name: '5K' });
    await scoreboard.sweep();
    await system.ems.update('race', race, { name: '5 km' });
    await system.ems.update('event', event, { name: 'Forest Run by night' });
    await scoreboard.sweep();
    expect(board.races.get(race)).toMatchObject({ title: '5 km', event: 'Forest Run by night' });
    await system.ems.delete('race', race);
    await scoreboard.sweep();
    expect(board.races.has(race)).toBe(false);
    expect(await scoreboard.record('Race', race)).toBeNull();
  });

  test('parks what it refuses, and what it would cut, with EMS’s name of the column; the others go on', async () => {
    const event = await system.ems.event();
    const refused = await system.ems.race(event, { distance_m: 13 });
    const tooLong = await system.ems.race(event, { name: 'x'.repeat(81) });
    const good = await system.ems.race(event, { name: 'Half' });
    expect((await scoreboard.sweep()).totals).toMatchObject({ Race: { due: 3, parked: 2 } });
    expect(board.races.has(good)).toBe(true);
    expect(await scoreboard.record('Race', refused)).toMatchObject({
      state: 'PARKED',
      last_error: expect.stringMatching(/with 422 at distance_m$/),
    });
    expect(await scoreboard.record('Race', tooLong)).toMatchObject({
      state: 'PARKED',
      last_error: expect.stringMatching(/^name: /),
    });
    await system.ems.update('race', refused, { distance_m: 14 });
    await scoreboard.sweep();
    expect(board.races.get(refused)).toMatchObject({ metres: 14 });
  });

  test('is known to the command line', async () => {
    const race = await system.ems.race(await system.ems.event());
    await scoreboard.sweep();
    const main = join(folder, 'clients', 'cli', 'main.ts');
    const env = { PATH: process.env['PATH'], ...system.environment };
    const { stdout } = await run(process.execPath, [main, 'status', '--json'], { env });
    expect(JSON.parse(stdout)).toMatchObject({ processes: { SCOREBOARD: { Race: { due: 0 } } } });
    const why = await run(process.execPath, [main, 'why', 'Race', race], { env });
    expect(why.stdout).toMatch(/SCOREBOARD/);
  });
});
