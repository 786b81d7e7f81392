import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ComparisonState } from '../../activities/comparison-state.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { keepMark } from '../../activities/keep-mark.ts';
import { planSweep, type PlannedStep } from '../../activities/plan-sweep.ts';
import { migrate } from '../../database/migrate.ts';
import { mailchimp } from '../../targets/mailchimp/process.ts';
import type { RemoteSystem } from '../../targets/remote-system.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';

let database: LockedDatabase;
let dependencies: Dependencies;
const state = new ComparisonState();

beforeAll(async () => {
  database = await lockedDatabase();
  dependencies = dependenciesWith({
    orm: database.orm,
    processes: new Map([['MAILCHIMP', { process: mailchimp.process, remote: {} as RemoteSystem }]]),
    locks: database.locks,
  });
});

afterAll(async () => {
  await database?.close();
});

/** A sweep that hands over all that it finds. */
async function sweep(): Promise<readonly PlannedStep[]> {
  const steps = await planSweep(dependencies, state, { process: 'MAILCHIMP' });
  const [first] = steps;
  if (first?.kind !== 'stopped' && first?.mark !== undefined)
    await keepMark(dependencies, state, { process: 'MAILCHIMP', mark: first.mark, except: [] });
  return steps;
}

test('a person whose preference EMS deletes is compared by the next everyday sweep, though nothing of hers has changed', async () => {
  const { ems, client } = database;
  const person = await ems.person({ email: 'ana@clube.example', modified_on: '2026-01-01T00:00:00Z' });
  const preference = await ems.preference(person, true, { modified_on: '2026-01-01T00:00:00Z' });
  const other = await ems.person({ email: 'rui@clube.example' });
  await ems.preference(other, true);
  // The bound of everyday detection needs some sweeps that handed over everything.
  for (let n = 0; n < 4; n += 1) await sweep();
  expect((await sweep())[0]).toMatchObject({ mark: { whole: [] } });

  await ems.delete('contact_preference', preference);
  // Otherwise the session reports its deletes within ten seconds.
  await client.query('SELECT pg_stat_force_next_flush()');
  await client.query('SELECT 1');
  expect((await sweep())[0]).toMatchObject({ mark: { whole: expect.arrayContaining(['Person']) } });
  expect((await sweep())[0]).toMatchObject({ mark: { whole: [] } });
});

test('with triggers on EMS’s tables that person alone is compared, whatever the size of the table', async () => {
  const { ems, client, url } = database;
  await migrate({ databaseUrl: url, withEms: true, notify: true });
  const person = await ems.person({ email: 'eva@clube.example', modified_on: '2026-01-01T00:00:00Z' });
  const preference = await ems.preference(person, true, { modified_on: '2026-01-01T00:00:00Z' });
  for (let n = 0; n < 3; n += 1) await sweep();
  await client.query('TRUNCATE sync_outbox');
  await ems.delete('contact_preference', preference);
  await client.query('SELECT pg_stat_force_next_flush()');
  await client.query('SELECT 1');
  expect((await sweep())[0]).toMatchObject({ mark: { whole: [] } });
  const { rows } = await client.query('SELECT ids FROM sync_outbox');
  expect(rows).toEqual([{ ids: { id: Number(preference), person_id: Number(person) } }]);
});

test('what a sweep has found and not handed over is looked for by the next one, as far back', async () => {
  await database.ems.person({ email: 'ida@clube.example' });
  const anew = new ComparisonState();
  const plan = () => planSweep(dependencies, anew, { process: 'MAILCHIMP' });
  for (let n = 0; n < 2; n += 1) expect((await plan())[0]).toMatchObject({ mark: { whole: expect.arrayContaining(['Person']) } });
});
