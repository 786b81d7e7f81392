import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { copyProject } from '../project-copy.ts';
import { System } from './system.ts';

/** Far below what two workers could do. */
const CALLS_PER_SECOND = 4;

const PERSONS = 60;

const { folder, remove } = copyProject('rates');
let system: System;

beforeAll(async () => {
  const declaration = join(folder, 'targets', 'chatwoot', 'process.ts');
  const [before, after, ...more] = readFileSync(declaration, 'utf8').split(/callsPerSecond: \d+/);
  expect(more).toEqual([]);
  writeFileSync(declaration, `${before}callsPerSecond: ${CALLS_PER_SECOND}${after}`);
  system = await System.start({ targets: ['CHATWOOT'] });
  await system.stopWorkers();
  await system.startWorkers(folder);
  await system.startWorkers(folder);
});

afterAll(async () => {
  await system?.stop();
  remove();
});

test('two workers together begin no more deliveries in a second than the target’s rate', async () => {
  const { database } = system;
  await database.query(
    `INSERT INTO person (modified_on, first_name, last_name, email)
     SELECT clock_timestamp(), 'Ana', 'Silva ' || n, 'ana' || n || '@clube.example' FROM generate_series(1, $1) n`,
    [PERSONS],
  );
  const { totals } = await system.process('CHATWOOT').sweep();
  await system.process('CHATWOOT').quiet();
  expect(totals.Person).toMatchObject({ due: PERSONS, failed: 0, parked: 0 });
  const journal = await system.chatwoot.control.journal({ writesOnly: true });
  const begun = journal.filter(({ method, path }) => method === 'POST' && /\/contacts(\?|$)/.test(path));
  expect(begun).toHaveLength(PERSONS);
  const times = begun.map(({ at }) => Date.parse(at));
  const seconds = (Math.max(...times) - Math.min(...times)) / 1_000;
  // A burst of one second's calls is allowed, and a busy machine delays the first ones. Without a rate limit it takes a third of this.
  expect(seconds).toBeGreaterThan(0.6 * (PERSONS / CALLS_PER_SECOND));
});
