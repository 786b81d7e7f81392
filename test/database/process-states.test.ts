import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { EnabledProcesses } from '../../clients/enabled-processes.ts';
import { createOrm, type Orm } from '../../database/orm.ts';
import { writeProcessStates } from '../../database/records/process-states.ts';
import { migratedDatabase, type MigratedDatabase } from './migrated-database.ts';

let database: MigratedDatabase;
let orm: Orm;

beforeAll(async () => {
  database = await migratedDatabase();
  orm = await createOrm({ databaseUrl: database.url, poolSize: 2 });
});
afterAll(async () => {
  await orm.close();
  await database.close();
});
beforeEach(async () => {
  await database.client.query('DELETE FROM sync_process_state');
});

const on = (name: 'TAGSERVER' | 'MAUTIC') => ({ name, isOn: true, missing: [] });

test('a process is on once a worker has said so, whatever other workers serve', async () => {
  await writeProcessStates(orm.em.fork(), [on('TAGSERVER')]);
  await writeProcessStates(orm.em.fork(), [on('MAUTIC')]);
  const enabled = new EnabledProcesses(orm);
  expect(await enabled.isOn('TAGSERVER')).toBe(true);
  expect(await enabled.isOn('MAUTIC')).toBe(true);
  expect(await enabled.isOn('CHATWOOT')).toBe(false);
  expect((await enabled.outbound()).map(({ name }) => name).toSorted()).toEqual(['MAUTIC', 'TAGSERVER']);
});

test('one that is switched off says which settings it lacks', async () => {
  await writeProcessStates(orm.em.fork(), [on('MAUTIC')]);
  await writeProcessStates(orm.em.fork(), [{ name: 'MAUTIC', isOn: false, missing: ['MAUTIC_URL'] }]);
  const off = await new EnabledProcesses(orm).off();
  expect(off).toContainEqual({ process: 'MAUTIC', missing: ['MAUTIC_URL'] });
  expect(off).toContainEqual({ process: 'CHATWOOT', missing: [] });
});

test('what was read is known for a moment, so that many who ask cost one look', async () => {
  await writeProcessStates(orm.em.fork(), [on('TAGSERVER')]);
  const enabled = new EnabledProcesses(orm);
  expect(await enabled.isOn('TAGSERVER')).toBe(true);
  await database.client.query('DELETE FROM sync_process_state');
  expect(await enabled.isOn('TAGSERVER')).toBe(true);
  expect(await new EnabledProcesses(orm).isOn('TAGSERVER')).toBe(false);
});
