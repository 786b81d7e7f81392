import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ComparisonState, type PlannedMark } from '../../activities/comparison-state.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { keepMark } from '../../activities/keep-mark.ts';
import { planSweep, type PlannedStep } from '../../activities/plan-sweep.ts';
import { migrate } from '../../database/migrate.ts';
import { mailchimp } from '../../targets/mailchimp/process.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { RemoteSystem } from '../../targets/remote-system.ts';
import { dependenciesWith } from './dependencies-with.ts';
import { waitUntil } from '../wait-until.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';

let database: LockedDatabase;
let dependencies: Dependencies;
/** Notes which types a sweep has found that it must compare in full, and counts marks that were kept. */
class WatchedState extends ComparisonState {
  readonly found: string[] = [];
  marks = 0;

  override keep(process: SyncProcessName, mark: PlannedMark, nowMs: number): EntityType[] {
    this.marks += 1;
    return super.keep(process, mark, nowMs);
  }

  override compareWhole(process: SyncProcessName, type: EntityType): void {
    this.found.push(type);
    super.compareWhole(process, type);
  }
}

const state = new WatchedState();

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

/** The bound of everyday detection needs some sweeps that handed over everything, and waits for transactions that are open. */
const untilEveryday = () =>
  waitUntil({ what: 'a sweep that reads only what has changed', stillMs: 60_000 }, async () => {
    const [step] = await sweep();
    return step?.kind !== 'stopped' && step?.mark?.whole.length === 0;
  });

test('a person whose preference EMS deletes is compared by the next everyday sweep, though nothing of hers has changed', async () => {
  const { ems, client } = database;
  const person = await ems.person({ email: 'ana@clube.example', modified_on: '2026-01-01T00:00:00Z' });
  const preference = await ems.preference(person, true, { modified_on: '2026-01-01T00:00:00Z' });
  const other = await ems.person({ email: 'rui@clube.example' });
  await ems.preference(other, true);
  await untilEveryday();

  await ems.delete('contact_preference', preference);
  // Otherwise the session reports its deletes within ten seconds.
  await client.query('SELECT pg_stat_force_next_flush()');
  await client.query('SELECT 1');
  state.found.length = 0;
  expect((await sweep())[0]).toMatchObject({ mark: { whole: expect.arrayContaining(['Person']) } });
  const compared = ['Person', 'ContactPreference'];
  expect(state.found).toEqual(compared);
  await untilEveryday();
  expect(state.found).toEqual(compared);
});

test('with triggers on EMS’s tables that person alone is compared, whatever the size of the table', async () => {
  const { ems, client, url } = database;
  await migrate({ databaseUrl: url, withEms: true, notify: true });
  const person = await ems.person({ email: 'eva@clube.example', modified_on: '2026-01-01T00:00:00Z' });
  const preference = await ems.preference(person, true, { modified_on: '2026-01-01T00:00:00Z' });
  await untilEveryday();
  await client.query('TRUNCATE sync_outbox');
  await ems.delete('contact_preference', preference);
  await client.query('SELECT pg_stat_force_next_flush()');
  await client.query('SELECT 1');
  state.found.length = 0;
  await sweep();
  expect(state.found).toEqual([]);
  const { rows } = await client.query('SELECT ids FROM sync_outbox');
  expect(rows).toEqual([{ ids: { id: Number(preference), person_id: Number(person) } }]);
});

test('what a sweep has found and not handed over is looked for by the next one, as far back', async () => {
  await database.ems.person({ email: 'ida@clube.example' });
  const anew = new WatchedState();
  const plan = () => planSweep(dependencies, anew, { process: 'MAILCHIMP' });
  for (let n = 0; n < 2; n += 1)
    expect((await plan())[0]).toMatchObject({ mark: { whole: expect.arrayContaining(['Person']) } });
  expect(anew.marks).toBe(0);
});
