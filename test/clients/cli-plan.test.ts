import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readPlanHeader, readPlannedChanges } from '../../clients/plan-file.ts';
import { startTagServer, type StartedTagServer } from '../../simulators/tagserver/start.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';
import { runCli } from './run-cli.ts';

const HEADER = {
  plan: 1,
  madeOn: '2026-11-30T12:00:00Z',
  process: 'TAGSERVER',
  types: null,
  counts: { Person: { change: 1, hold: 3, unchanged: 7 }, Race: { create: 1 } },
  held: [{ type: 'Person', kind: 'delete', held: 3, linked: 3, examples: ['4'] }],
  stopped: [],
};

let database: MigratedDatabase;
let simulator: StartedTagServer;
let settings: Record<string, string>;

beforeAll(async () => {
  database = await migratedDatabase();
  simulator = await startTagServer();
  settings = {
    DATABASE_URL: database.url,
    SYNC_KEY: Buffer.alloc(32, 7).toString('base64'),
    TAGSERVER_URL: simulator.url,
    TAGSERVER_TOKEN: simulator.token,
    SETTLE_MS: '0',
    // Nobody is there: a plan needs neither Temporal nor a worker.
    TEMPORAL_ADDRESS: '127.0.0.1:1',
  };
  const { ems } = database;
  const event = await ems.event();
  await ems.participant(event, await ems.race(event), { bib: '7' });
  await ems.person({ first_name: 'Never', last_name: 'There' });
});

afterAll(async () => {
  await simulator?.stop();
  await database?.close();
});

describe('ems-sync plan, of a process that no worker serves', () => {
  test('prints the counts first, then changes without personal values', async () => {
    const { code, stdout, stderr } = await runCli(['plan', 'TAGSERVER'], settings);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').findIndex((line) => /Person.*1/.test(line))).toBeLessThan(stdout.indexOf('create '));
    expect(stdout).toMatch(/^create Person\/1: givenName "•••", familyName "•••", gender "•••"$/m);
    expect(stdout).toMatch(/^create Race\/1: eventId "1", name "10K"/m);
    expect(stdout).not.toMatch(/Ana|Silva/);
    expect(await simulator.control.journal({ writesOnly: true })).toEqual([]);
  });

  test('prints JSON, and values when asked for', async () => {
    const { stdout } = await runCli(['plan', 'tagserver', 'person', '--json', '--values'], settings);
    const plan = JSON.parse(stdout);
    expect(plan).toMatchObject({
      process: 'TAGSERVER',
      types: ['Person'],
      counts: { Person: { create: 1 } },
      held: [],
    });
    expect(plan.changes).toMatchObject([{ direction: 'outbound', type: 'Person', id: '1', action: 'create' }]);
    expect(plan.changes[0].fields).toContainEqual({ field: 'familyName', after: 'Silva' });
  });

  test('writes a file that its owner alone can read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plan-'));
    try {
      const out = join(folder, 'plan.json');
      expect(await runCli(['plan', 'TAGSERVER', '--out', out], settings)).toMatchObject({ code: 0 });
      const lines = (await readFile(out, 'utf8')).trimEnd().split('\n');
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ plan: 1, process: 'TAGSERVER', types: null });
      expect(lines.slice(1).map((line) => JSON.parse(line).type)).toContain('EventParticipant');
      expect((await stat(out)).mode & 0o777).toBe(0o600);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('is refused by apply, with the line, if somebody has misspelt something in it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plan-'));
    try {
      const path = join(folder, 'plan.json');
      await writeFile(path, `${JSON.stringify({ ...HEADER, proces: 'TAGSERVER' })}\n`);
      const { code, stdout, stderr } = await runCli(['apply', path], settings);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr.replaceAll(/\s+/g, ' ')).toMatch(
        /plan\.json: it is no plan of this release: line 1: .*"proces"; npx ems-sync plan PROCESS --out FILE makes one/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('says that the target is down, with exit code 1', async () => {
    const down = { ...settings, TAGSERVER_URL: 'http://127.0.0.1:1' };
    const { code, stderr } = await runCli(['plan', 'TAGSERVER'], down);
    expect(code).toBe(1);
    expect(stderr).toMatch(/TagServer/);
  });
});

const read = async (...lines: readonly unknown[]) => {
  const folder = await mkdtemp(join(tmpdir(), 'plan-'));
  try {
    const path = join(folder, 'plan.json');
    await writeFile(path, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
    await readPlanHeader(path);
    return await Array.fromAsync(readPlannedChanges(path));
  } catch (error) {
    return error instanceof SyntaxError ? error.message : String(error);
  } finally {
    await rm(folder, { recursive: true });
  }
};

describe('a plan in a file', () => {
  const change = {
    direction: 'outbound',
    type: 'Person',
    id: '1',
    action: 'change',
    fields: [{ field: 'givenName', before: null, after: 'Ana' }],
    hash: 'v1:0',
  };
  const race = { direction: 'outbound', type: 'Race', id: '2', action: 'create', hash: 'v1:1' };

  test('is read as it was written', async () => {
    expect(await read(HEADER, change, race)).toEqual([change, race]);
  });

  test.each<[string, RegExp, readonly unknown[]]>([
    ['an action', /^line 2, action: .*"create"\|"change"/, [HEADER, { ...change, action: 'chnge' }, race]],
    ['a key', /^line 2: .*"hsah"/, [HEADER, { ...change, hsah: 'v1:0' }, race]],
    ['an id', /^line 3, id: must be the id of an EMS row$/, [HEADER, change, { ...race, id: 'two' }]],
    ['a field', /^line 2, fields\.0\.after: /, [HEADER, { ...change, fields: [{ field: 'x' }] }, race]],
    ['a process', /^line 1, process: .*"TAGSERVER"/, [{ ...HEADER, process: 'TAGSRVER' }, change, race]],
    ['the form', /^line 1, plan: /, [{ ...HEADER, plan: 2 }, change, race]],
    ['a line', /^line 2 is no JSON object$/, [HEADER, JSON.stringify(change).slice(0, 20), race]],
    ['the end', /^its end is missing: 1 changes$/, [HEADER, change]],
    ['one too many', /^it has 1 changes too many$/, [HEADER, change, race, race]],
    ['everything', /^it is empty$/, []],
  ])('is refused if %s is wrong', async (_what, reason, lines) => {
    expect(await read(...lines)).toMatch(reason);
  });
});
