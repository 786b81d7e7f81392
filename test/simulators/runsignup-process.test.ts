import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type StartedRunSignup, startRunSignup } from '../../simulators/runsignup/start.ts';
import { ANY_PARTICIPANT, callsOf, harbourWeekend } from './runsignup-calls.ts';

const started: StartedRunSignup[] = [];
const folders: string[] = [];

const start = async (options: Parameters<typeof startRunSignup>[0] = {}): Promise<StartedRunSignup> => {
  const runSignup = await startRunSignup(options);
  started.push(runSignup);
  return runSignup;
};

afterEach(async () => {
  await Promise.all(started.splice(0).map((runSignup) => runSignup.stop()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

const storageFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'runsignup-'));
  folders.push(folder);
  return join(folder, 'runsignup.sqlite');
};

/** Adds `count` participants in one call; returns their registration ids. */
const add = async (runSignup: StartedRunSignup, raceId: number, eventId: number, count: number): Promise<number[]> => {
  const participants = Array.from({ length: count }, (_, nth) => ({
    user: { first_name: 'Ana', last_name: `Exemplo ${nth}` },
  }));
  const path = `/race/${raceId}/participants`;
  const answer = await callsOf(runSignup).post(path, { participants }, { event_id: eventId }, ANY_PARTICIPANT);
  return answer.participants.map((one: { registration_id: number }) => one.registration_id);
};

test('a file keeps everything over a crash, and no id is given twice', async () => {
  const storage = storageFile();
  const before = await start({ storage });
  const { raceId, eightK } = await harbourWeekend(before);
  const [first = 0, second = 0] = await add(before, raceId, eightK, 2);
  await before.control.backdoor({ do: 'remove', registrationId: second });
  const state = await before.control.state();
  await before.kill();

  const after = await start({ storage });
  expect(await after.control.state()).toEqual(state);
  const [third = 0] = await add(after, raceId, eightK, 1);
  expect([first, second]).not.toContain(third);
});

test('without a file, a new process knows nothing', async () => {
  const before = await start();
  await harbourWeekend(before);
  await before.stop();
  expect((await (await start()).control.state()).races).toEqual({});
});

test('without key and secret it says what is missing, and does not start', async () => {
  const main = fileURLToPath(new URL('../../simulators/runsignup/main.ts', import.meta.url));
  const child = spawn(process.execPath, [main, '--key', 'K'], { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(said).toContain('--key KEY --secret SECRET');
  } finally {
    child.kill('SIGKILL');
  }
});

test('2,500 registrations are added and read', async () => {
  const runSignup = await start({ storage: storageFile() });
  const { raceId, eightK } = await harbourWeekend(runSignup);
  const added = await add(runSignup, raceId, eightK, 2_500);
  const query = { event_id: eightK, results_per_page: 2_500, sort: 'registration_id ASC' };
  const [read] = await callsOf(runSignup).get(`/race/${raceId}/participants`, query);
  expect(read.participants.map((row: { registration_id: number }) => row.registration_id)).toEqual(added);
});
