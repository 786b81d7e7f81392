import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { generateFederation, loadFederation } from '../../simulators/ems/index.ts';
import { startTagServer, type StartedTagServer } from '../../simulators/tagserver/start.ts';
import type { Status } from '../../clients/status.ts';
import { runCli, startWorkers, type CliRun } from './run-cli.ts';
import { newDatabase, newNamespace, query, type TestNamespace } from './server-addresses.ts';

/** The commands in the order in which an operator uses them on a new system. */
let database: Awaited<ReturnType<typeof newDatabase>>;
let temporal: TestNamespace;
let tagServer: StartedTagServer;
let workers: { stop(): Promise<void> } | null = null;
let settings: Record<string, string>;

beforeAll(async () => {
  [database, temporal, tagServer] = await Promise.all([newDatabase(), newNamespace(), startTagServer()]);
  settings = {
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TAGSERVER_URL: tagServer.url,
    TAGSERVER_TOKEN: tagServer.token,
    SYNC_KEY: Buffer.alloc(32, 7).toString('base64'),
  };
});
afterAll(async () => {
  await workers?.stop();
  await temporal.client.schedule
    .getHandle('sweep/TAGSERVER/outbound')
    .delete()
    .catch(() => undefined);
  await Promise.all([tagServer.stop(), temporal.close()]);
  await database.drop();
});

const ems = (...args: string[]): Promise<CliRun> => runCli(args, settings);

async function json<T>(...args: string[]): Promise<T> {
  const { stdout, stderr } = await ems(...args, '--json');
  if (stdout === '') throw new Error(`${args.join(' ')} printed nothing: ${stderr}`);
  return JSON.parse(stdout) as T;
}

const status = () => json<Status>('status');

describe('before anything is set up', () => {
  test('check names what lacks and the command that makes it', async () => {
    const { code, stdout } = await ems('check');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ok +database/m);
    expect(stdout).toMatch(/^FAILED EMS tables: missing: organisation, .*npx ems-sync migrate --with-ems/m);
    expect(stdout).toMatch(/^FAILED migrations: pending: sync-0001-records, .*npx ems-sync migrate/m);
    expect(stdout).toMatch(/^ok +Temporal/m);
    expect(stdout).toMatch(/^FAILED search attributes: missing: .*npx ems-sync check --fix/m);
    expect(stdout).toMatch(/^FAILED schedules: .*npx ems-sync schedules apply/m);
    expect(stdout).toMatch(/^FAILED workers: .*sync, target-tagserver.*npm start/m);
    expect(stdout).toMatch(/^ok +TAGSERVER/m);
  });

  test('commands say that tables are missing', async () => {
    const { code, stderr } = await ems('status');
    expect(stderr).toMatch(/lacks tables of this release\. Run: npx ems-sync migrate/);
    expect(code).toBe(1);
  });

  test('migrate refuses a database without EMS, and makes both where it is told to, once', async () => {
    const refused = await ems('migrate');
    expect(refused.stderr).toMatch(/no EMS tables/);
    expect(refused.code).toBe(1);
    const made = await ems('migrate', '--with-ems');
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/^ran ems-0001-tables\n(ran ems-.*\n)*ran sync-0001-records/);
    expect((await ems('migrate')).stdout).toMatch(/nothing to do/);
  });

  test('a namespace that does not exist is named', async () => {
    const { code, stderr } = await runCli(['schedules', 'list'], { ...settings, TEMPORAL_NAMESPACE: 'no-such-place' });
    expect(stderr).toMatch(/has no namespace no-such-place/);
    expect(code).toBe(1);
  });

  test('wrong credentials of the database and of the target are told from a server that is away', async () => {
    const url = new URL(database.url);
    url.pathname = '/no_such_database';
    const { stderr } = await runCli(['status'], { ...settings, DATABASE_URL: url.toString() });
    expect(stderr).toMatch(/has no database no_such_database/);
    const { stdout, code } = await runCli(['check'], { ...settings, TAGSERVER_TOKEN: 'wrong-token' });
    expect(stdout).toMatch(/^FAILED TAGSERVER: .*If it is up, check TAGSERVER_URL, TAGSERVER_TOKEN$/m);
    expect(stdout).not.toContain('wrong-token');
    expect(code).toBe(1);
  });
});

describe('an operator', () => {
  test('applies the schedules, with what they need, and pauses and resumes them', async () => {
    const applied = await ems('schedules', 'apply');
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    expect(applied.stdout).toMatch(/search attributes created/);
    expect(applied.stdout).toMatch(/sweep\/TAGSERVER\/outbound created/);
    expect((await ems('schedules', 'pause', 'tagserver')).stdout).toBe('sweep/TAGSERVER/outbound paused\n');
    expect((await ems('schedules', 'apply')).stdout).toMatch(/^sweep\/TAGSERVER\/outbound unchanged\n/);
    expect((await ems('schedules', 'list')).stdout).toMatch(/sweep\/TAGSERVER\/outbound.*paused/);
    expect((await ems('check')).stdout).toMatch(/^ok +schedules: applied; paused: sweep\/TAGSERVER\/outbound/m);
    // Pause it again, because the tests start their own sweeps.
    expect((await ems('schedules', 'resume', 'TAGSERVER')).code).toBe(0);
    expect((await ems('schedules', 'pause', 'TAGSERVER')).code).toBe(0);
  });

  test('sees what is due before the first sweep', async () => {
    await loadFederation(
      database.url,
      generateFederation({ seed: 7, size: 30, now: '2027-05-01T00:00:00Z', withImpossible: true }),
    );
    const { inStep, processes } = await status();
    expect(inStep).toBe(false);
    const person = processes.TAGSERVER?.Person;
    expect(person?.total).toBeGreaterThan(0);
    expect(person).toMatchObject({ due: person?.total, inSync: 0 });
    const { stdout, code } = await ems('status');
    expect(stdout).toMatch(/^TAGSERVER\n[^]*\nStartGroupParticipant/);
    expect(stdout).toMatch(/not in step/);
    expect(code).toBe(0);
  });

  test('is told that nobody works, when a result does not come', async () => {
    const { stderr, code } = await ems('sweep', 'TAGSERVER', 'outbound', '--wait', '--timeout', '2');
    expect(stderr).toMatch(/has not ended within 2 s.*npm start/);
    expect(code).toBe(1);
    const again = await ems('sweep', 'TAGSERVER', 'outbound');
    expect(again.stdout).toMatch(/is running already/);
    const synced = await ems('sync', 'TAGSERVER', 'Person', '1', '--wait', '--timeout', '2');
    expect(synced.stderr).toMatch(/no result within 2 s.*npm start/);
    expect(synced.code).toBe(1);
  });

  test('has everything in step after sweeps', async () => {
    workers = await startWorkers(settings);
    for (let left = 10; left > 0 && !(await status()).inStep; left -= 1) {
      const { code, stdout, stderr } = await ems('sweep', 'TAGSERVER', 'outbound', '--wait');
      expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
      expect(stdout).toMatch(/complete/);
    }
    const { inStep, processes } = await status();
    expect(inStep).toBe(true);
    const state = await tagServer.control.state();
    expect(Object.keys(state['persons']).length).toBe(processes.TAGSERVER?.Person?.inSync);
    for (const t of Object.values(processes.TAGSERVER ?? {})) {
      expect(t.inSync + t.due + t.waiting + t.failing + t.parked + t.suppressed + t.linked).toBe(t.total);
    }
    const idle = await json<{ ended: string; totals: object }>('sweep', 'TAGSERVER', 'outbound', '--wait');
    expect(idle).toMatchObject({ ended: 'complete', totals: {} });
  });

  test('finds every check passed', async () => {
    const { code, stdout } = await ems('check');
    expect(stdout).not.toMatch(/FAILED/);
    expect(code).toBe(0);
    expect(await json<{ ok: boolean }>('check')).toMatchObject({ ok: true });
  });

  test('brings one entity to the target at once', async () => {
    const [row] = await query(
      database.url,
      `SELECT p.id FROM sync_person sr JOIN person p ON p.id = sr.entity_id
      WHERE sr.state = 'IN_SYNC' ORDER BY p.id LIMIT 1`,
    );
    const id = String(row?.['id']);
    await query(
      database.url,
      `UPDATE person SET last_name = 'Changed', modified_on = clock_timestamp() WHERE id = $1`,
      [id],
    );
    expect(await json('sync', 'tagserver', 'person', id, '--wait')).toEqual([
      { process: 'TAGSERVER', type: 'Person', id, outcome: 'IN_SYNC', delivery: 'updated', reason: null },
    ]);
    expect((await tagServer.control.state())['persons'][id]?.data).toMatchObject({ familyName: 'Changed' });
    const requested = await ems('sync', 'TAGSERVER', 'Person', id);
    expect(requested.stdout).toContain(
      `requested Person/${id}: http://localhost:8233/namespaces/${temporal.namespace}/workflows/TAGSERVER%2FPerson%2F${id}\n`,
    );
    expect(requested.code).toBe(0);
  });

  test('is told of an id that nobody knows, and the others are done', async () => {
    const { code, stdout, stderr } = await ems('sync', 'TAGSERVER', 'Organisation', '1', '999999', '--wait');
    expect(stderr).toBe('EMS has no Organisation 999999, and TAGSERVER has no record of it\n');
    expect(stdout).toMatch(/Organisation\/1 /);
    expect(code).toBe(1);
    expect(await ems('why', 'Person', '999999')).toMatchObject({
      code: 1,
      stderr: 'EMS has no Person 999999, and no process has a record of it\n',
    });
  });

  test('learns why an entity stands where it stands, and retries it once it is mended', async () => {
    const [row] = await query(
      database.url,
      `SELECT p.id FROM sync_person sr JOIN person p ON p.id = sr.entity_id
      WHERE sr.state = 'IN_SYNC' ORDER BY p.id DESC LIMIT 1`,
    );
    const id = String(row?.['id']);
    await query(database.url, `UPDATE person SET last_name = '', modified_on = clock_timestamp() WHERE id = $1`, [id]);
    const parked = await ems('sync', 'TAGSERVER', 'Person', id, '--wait');
    expect(parked.stdout).toMatch(/PARKED.*last_name/);
    expect(parked.code).toBe(1);

    const why = await ems('why', 'person', id);
    expect(why.code).toBe(0);
    expect(why.stdout).toMatch(/state +PARKED/);
    expect(why.stdout).toMatch(/last error +rejected: last_name: is empty/);
    expect(why.stdout).toMatch(/workflow +completed/);
    expect(why.stdout).toMatch(
      new RegExp(`link +http://localhost:8233/.*TAGSERVER%2FPerson%2F${id}/[0-9a-f-]+/history`),
    );
    expect(await json('why', 'Person', id)).toMatchObject({
      type: 'Person',
      id,
      processes: [{ process: 'TAGSERVER', inEms: true, passesFilter: true, record: { state: 'PARKED', remoteId: id } }],
    });
    const before = (await status()).processes.TAGSERVER?.Person?.parked ?? 0;
    await query(database.url, `UPDATE person SET last_name = 'Mended', modified_on = clock_timestamp() WHERE id = $1`, [
      id,
    ]);
    expect((await ems('why', 'Person', id)).stdout).toMatch(/due +yes: EMS has changed it/);
    const retried = await json<{ id: string; outcome: string }[]>('retry', 'TAGSERVER', 'Person', '--wait');
    expect(retried).toContainEqual(expect.objectContaining({ id, outcome: 'IN_SYNC', delivery: 'updated' }));
    // The sample has its own rows that can never pass: they are retried as well and stay parked.
    expect(retried.length).toBeGreaterThanOrEqual(1);
    expect((await status()).processes.TAGSERVER?.Person?.parked ?? 0).toBeLessThanOrEqual(before);
  });

  test('sees a sweep end with exit 1 while the target is down', async () => {
    await tagServer.stop();
    await query(
      database.url,
      `UPDATE person SET modified_on = clock_timestamp(), last_name = last_name || 'x' WHERE id = 2`,
    );
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const { code, stdout } = await ems('sweep', 'TAGSERVER', 'outbound', '--wait');
    expect(stdout).toMatch(/^target-down: /);
    expect(code).toBe(1);
  });
});
