import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { projectFolder } from '../../local/folders.ts';
import type { ProcessUnderTest } from '../flows/process-under-test.ts';
import { System } from '../flows/system.ts';
import { copyProject } from '../project-copy.ts';
import { Board } from './board.ts';
import { apply, blocksOf } from './page-files.ts';

const run = promisify(execFile);

/** Project files to which a new target adds a line. */
const TOUCHED = ['sync/sync-process-name.ts', 'targets/index.ts'];

/** The test starts its own sweeps. */
const ONCE_A_YEAR = '0 0 1 1 *';

const blocks = blocksOf('adding-a-target.md');
const { folder, remove } = copyProject('adding-a-target');
const board = new Board();
let system: System;
let scoreboard: ProcessUnderTest;

beforeAll(async () => {
  const url = await board.start();
  system = await System.start({
    settings: {
      SCOREBOARD_URL: url,
      SCOREBOARD_TOKEN: board.token,
      SYNC_CRON_SCOREBOARD_OUTBOUND: ONCE_A_YEAR,
      SYNC_CRON_TAGSERVER_OUTBOUND: ONCE_A_YEAR,
    },
  });
  scoreboard = system.process('SCOREBOARD' as 'TAGSERVER');
});

afterAll(async () => {
  await system?.stop();
  await board.stop();
  remove();
});

const program = (name: string) => join(projectFolder, 'node_modules', name);

/** Follows this part of the page, checks types and style, and starts the resulting workers. */
async function follow(step: string, beforeStart: () => Promise<unknown> = async () => undefined): Promise<void> {
  const files = apply(
    blocks.filter((block) => block.step === step),
    folder,
  );
  await run(process.execPath, [program('typescript/bin/tsc'), '--noEmit', '--project', folder]);
  await run(process.execPath, [
    program('prettier/bin/prettier.cjs'),
    '--check',
    '--ignore-path',
    '/dev/null',
    ...files,
  ]);
  await system.stopWorkers();
  await beforeStart();
  await system.startWorkers(folder);
}

/** Runs the copy's command line. */
async function emsSync(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, ...system.environment, ...environment };
  const { stdout } = await run(process.execPath, [join(folder, 'clients', 'cli', 'main.ts'), ...args], { env });
  return stdout;
}

/** Runs a poll and a sweep that find nothing and therefore write no row on either side. */
async function expectIdle(): Promise<void> {
  const before = await system.rowVersions();
  board.writes.length = 0;
  for (const { changed, unknown } of Object.values((await scoreboard.poll()).totals)) {
    expect([changed, unknown]).toEqual([0, 0]);
  }
  expect((await scoreboard.sweep()).totals).toEqual({});
  expect(board.writes).toEqual([]);
  expect(await system.rowVersions()).toEqual(before);
}

async function row(race: string): Promise<Readonly<Record<string, unknown>>> {
  const { rows } = await system.database.query(
    'SELECT name, discipline, starts_on::text, modified_on::text FROM race WHERE id = $1',
    [race],
  );
  return rows[0];
}

const withoutBoard = (text: string) =>
  text.replaceAll(/^.*import \{ scoreboard \}.*\n/gm, '').replaceAll(/, scoreboard\b|, 'SCOREBOARD'/g, '');

test('the files of the page are the project’s own where it has them, but for the new target', () => {
  const ofProject = blocks.filter(({ file }) => !file.startsWith('targets/scoreboard/'));
  expect(ofProject.map(({ file }) => file)).toEqual(TOUCHED);
  for (const { file, code } of ofProject)
    expect(withoutBoard(code)).toBe(readFileSync(join(projectFolder, file), 'utf8'));
});

describe('a board that is written to', () => {
  beforeAll(() => follow(''));

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
    const before = await system.rowVersions();
    board.writes.length = 0;
    expect((await scoreboard.sweep()).totals).toEqual({});
    expect(board.writes).toEqual([]);
    expect(await system.rowVersions()).toEqual(before);
  });

  test('gets a change of the row, and of what is read beside it; what leaves EMS leaves the board', async () => {
    const event = await system.ems.event({ name: 'Forest Run' });
    const race = await system.ems.race(event, { name: '5K' });
    const kept = await system.ems.race(event, { name: '20K' });
    await scoreboard.sweep();
    await system.ems.update('race', race, { name: '5 km' });
    await system.ems.update('event', event, { name: 'Forest Run by night' });
    await scoreboard.sweep();
    expect(board.races.get(race)).toMatchObject({ title: '5 km', event: 'Forest Run by night' });
    await system.ems.delete('race', race);
    await scoreboard.sweep();
    expect(board.races.has(race)).toBe(false);
    expect(await scoreboard.record('Race', race)).toBeNull();
    await system.ems.update('event', event, { status: 'CANCELLED' });
    await scoreboard.sweep();
    expect(board.races.has(kept)).toBe(false);
    expect(await scoreboard.record('Race', kept)).toMatchObject({ state: 'REMOVED' });
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
      last_error_class: 'rejected',
      last_error: `distance_m: The board answered PUT races/${refused} with 422`,
    });
    expect(await scoreboard.record('Race', tooLong)).toMatchObject({
      state: 'PARKED',
      last_error: expect.stringMatching(/^name: /),
    });
    board.writes.length = 0;
    expect((await scoreboard.sweep()).totals).toEqual({});
    expect(board.writes).toEqual([]);
    await system.ems.update('race', refused, { distance_m: 14 });
    await scoreboard.sweep();
    expect(board.races.get(refused)).toMatchObject({ metres: 14 });
  });

  test('what passes later is tried again, and a proxy’s 404 is not taken for “it has gone”', async () => {
    const race = await system.ems.race(await system.ems.event());
    board.faults.push({ method: 'PUT', status: 429, headers: { 'retry-after': '1' } });
    board.writes.length = 0;
    await scoreboard.sweep();
    await scoreboard.quiet();
    expect(board.writes).toEqual([`PUT /races/${race}`, `PUT /races/${race}`]);
    expect(await scoreboard.record('Race', race)).toMatchObject({ state: 'IN_SYNC', attempts: 0 });

    await system.ems.delete('race', race);
    board.faults.push({ method: 'DELETE', status: 404, body: '<h1>Not found</h1>' });
    await scoreboard.sweep();
    await scoreboard.quiet();
    expect(board.races.has(race)).toBe(false);
    expect(await scoreboard.record('Race', race)).toBeNull();
  });

  test('a token that it does not take stops the sweep, which says what to look at', async () => {
    const race = await system.ems.race(await system.ems.event());
    const { token } = board;
    board.token = 'another';
    expect(await scoreboard.sweep()).toMatchObject({
      ended: 'target-down',
      reason: 'The board answered GET races with 401: check SCOREBOARD_TOKEN',
    });
    expect(await scoreboard.record('Race', race)).toBeNull();
    board.token = token;
    await scoreboard.sweep();
    expect(board.races.has(race)).toBe(true);
  });

  test('is known to the command line', async () => {
    const race = await system.ems.race(await system.ems.event());
    await scoreboard.sweep();
    expect(JSON.parse(await emsSync(['status', '--json']))).toMatchObject({
      processes: { SCOREBOARD: { Race: { due: 0 } } },
    });
    expect(await emsSync(['why', 'Race', race])).toMatch(/SCOREBOARD/);
    await emsSync(['schedules', 'apply']);
    const schedules = [];
    for await (const { scheduleId } of system.temporal.schedule.list()) schedules.push(scheduleId);
    expect(schedules).toContain('sweep/SCOREBOARD/outbound');
  });
});

describe('a board that is read back', () => {
  let event: string;
  const startingAt = async (startsOn: string) => {
    const race = await system.ems.race(event, { starts_on: startsOn });
    await scoreboard.sweep();
    return race;
  };

  beforeAll(async () => {
    await follow('reading-back', () => emsSync(['migrate', '--with-roles'], { DATABASE_URL: system.databaseUrl }));
    event = await system.ems.event({ name: 'Bridge Run' });
  });

  test('is looked at once for every pair, nothing differs, and nothing is written then', async () => {
    board.writes.length = 0;
    const { totals } = await scoreboard.poll();
    const { size } = board.races;
    expect(size).toBeGreaterThan(3);
    expect(totals.Race).toEqual({ listed: size, changed: size, unknown: 0, malformed: 0, unread: 0 });
    await scoreboard.sweep();
    expect(board.writes).toEqual([]);
    await expectIdle();
  });

  test('tells EMS of a start that it has moved, in whatever notation; it is not sent back', async () => {
    const race = await startingAt('2027-05-15T07:00:00.123456Z');
    const before = await row(race);
    await scoreboard.settle();
    expect(await row(race)).toEqual(before);
    board.edit(race, { startsAt: '2027-05-15T08:15:00+00:30' });
    board.writes.length = 0;
    await scoreboard.poll();
    const after = await row(race);
    expect(after).toMatchObject({ name: '10K', starts_on: '2027-05-15 07:45:00+00' });
    expect(after['modified_on']).not.toBe(before['modified_on']);
    await expectIdle();
  });

  test('gets EMS’s own fields again, and both sides’ where both have changed: what lost is kept', async () => {
    const race = await startingAt('2027-05-15T07:00:00Z');
    board.edit(race, { title: 'Changed at the board' });
    await scoreboard.settle();
    expect(board.races.get(race)).toMatchObject({ title: '10K' });

    board.edit(race, { startsAt: '2027-05-15T09:00:00.000Z' });
    await system.ems.update('race', race, { starts_on: '2027-05-15T07:30:00Z' });
    await scoreboard.settle();
    expect(board.races.get(race)).toMatchObject({ startsAt: '2027-05-15T07:30:00.000Z' });
    expect(await row(race)).toMatchObject({ starts_on: '2027-05-15 07:30:00+00' });
    const { rows } = await system.database.query('SELECT fields FROM sync_conflict WHERE entity_key = $1', [race]);
    expect(rows).toEqual([{ fields: ['startsAt'] }]);
    await expectIdle();
  });

  test('is not emptied in EMS by a list that fails; one race that does not fit is parked alone', async () => {
    const [odd, good] = [await startingAt('2027-05-15T07:00:00Z'), await startingAt('2027-05-15T07:00:00Z')];
    // The first answer is the probe's; a page is read at most three times.
    const lists = ['{"races":[]}', '[]', '[]', '[]', '{"races":[]}', '{"races":[]}'];
    board.faults.push(...lists.map((body) => ({ method: 'GET', status: 200, body })));
    expect(await scoreboard.poll()).toMatchObject({
      ended: 'unread',
      reason: expect.stringMatching(/The board's answer to GET races does not fit the contract at body$/),
    });
    expect(await scoreboard.poll()).toMatchObject({ ended: 'held', totals: { Race: { listed: 0 } } });
    expect(await scoreboard.record('Race', good)).toMatchObject({ state: 'IN_SYNC', remote_id: good });

    board.edit(odd, { metres: 'far' });
    board.edit(good, { startsAt: '2027-05-15T10:00:00.000Z' });
    expect((await scoreboard.poll()).totals).toMatchObject({ Race: { malformed: 1 } });
    expect(await scoreboard.record('Race', odd)).toMatchObject({
      state: 'PARKED',
      last_error: expect.stringMatching(/at metres$/),
    });
    expect(await row(good)).toMatchObject({ starts_on: '2027-05-15 10:00:00+00' });
    board.edit(odd, { metres: 10_000 });
    await scoreboard.settle();
    expect(await scoreboard.record('Race', odd)).toMatchObject({ state: 'IN_SYNC' });
  });

  test('keeps its own races to itself; what was deleted there is unlinked, and stays in EMS', async () => {
    const race = await startingAt('2027-05-15T07:00:00Z');
    board.edit('fun-run', { title: 'Fun run' });
    board.races.delete(race);
    const { rows: before } = await system.database.query('SELECT count(*) FROM race');
    await scoreboard.settle();
    expect(await scoreboard.record('Race', race)).toMatchObject({ state: 'UNLINKED' });
    expect((await system.database.query('SELECT count(*) FROM race')).rows).toEqual(before);
    expect(board.races.has(race)).toBe(false);
    expect(board.races.get('fun-run')).toMatchObject({ title: 'Fun run' });
    await expectIdle();
  });
});

describe('a field that is added', () => {
  test('is sent once where it has a value, and nowhere else; then all is quiet', async () => {
    const event = await system.ems.event();
    const walk = await system.ems.race(event, { discipline: 'WALK' });
    const none = await system.ems.race(event, { discipline: null });
    await scoreboard.settle();
    const { rows } = await system.database.query<{ key: string; value: string | null }>(
      `SELECT r.id AS key, r.discipline AS value FROM race r
       JOIN sync_race s ON s.entity_key = r.id AND s.sync_process = 'SCOREBOARD' AND s.state = 'IN_SYNC'`,
    );
    const valued = rows.filter(({ value }) => value !== null).map(({ key }) => `PUT /races/${key}`);
    expect(valued.length).toBeGreaterThan(3);

    const before = (await scoreboard.record('Race', none))?.mapping_version;
    await follow('field');
    board.writes.length = 0;
    await scoreboard.sweep();
    await scoreboard.quiet();
    expect(board.writes.toSorted()).toEqual(valued.toSorted());
    expect(board.races.get(walk)).toMatchObject({ discipline: 'WALK' });
    const after = await scoreboard.record('Race', none);
    expect(after).toMatchObject({ state: 'IN_SYNC', mapping_version: expect.stringMatching(/^1-/) });
    expect(after?.mapping_version).not.toBe(before);
    expect((await scoreboard.sweep()).totals).toEqual({});
    await scoreboard.poll();
    expect(await row(walk)).toMatchObject({ discipline: 'WALK' });
    await expectIdle();
  });
});
