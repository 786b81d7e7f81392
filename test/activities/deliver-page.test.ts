import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { runCommand } from '../../activities/run-command.ts';
import { deliver } from '../../activities/deliver.ts';
import { deliverPage } from '../../activities/deliver-page.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { findDue } from '../../activities/find-due.ts';
import { AdvisoryLocks } from '../../database/advisory-locks.ts';
import { startMailchimp, type StartedMailchimp } from '../../simulators/mailchimp/start.ts';
import { mailchimp as target } from '../../targets/mailchimp/process.ts';
import type { RemoteSystem } from '../../targets/remote-system.ts';
import { PausedError } from '../../sync/sync-error.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { migratedDatabase, type MigratedDatabase } from '../database/migrated-database.ts';
import { waitUntil } from '../wait-until.ts';
import { dependenciesWith } from './dependencies-with.ts';

const PROCESS = { process: 'MAILCHIMP', type: 'Person' } as const;
const HOLDER = 'MAILCHIMP/Person/page-1';
const LIST_CALL = { method: 'POST', prefix: '/3.0/lists/' } as const;

/** Notes how often each name was asked for. */
class WatchedLocks extends AdvisoryLocks {
  readonly asked: string[] = [];

  override withLocks<T>(names: readonly string[], timeoutMs: number, work: () => Promise<T>): Promise<T> {
    this.asked.push(...names);
    return super.withLocks(names, timeoutMs, work);
  }

  timesAsked(key: string): number {
    return this.asked.filter((name) => name === `ems-sync pair MAILCHIMP/Person/${key}`).length;
  }
}

let database: MigratedDatabase;
let simulator: StartedMailchimp;
let locks: WatchedLocks;
/** Another worker's. */
let others: AdvisoryLocks;
let remote: RemoteSystem;

beforeAll(async () => {
  [database, simulator] = await Promise.all([
    migratedDatabase(),
    startMailchimp({ setup: { mergeFields: [{ tag: 'PHONE', type: 'text' }] } }),
  ]);
  locks = new WatchedLocks(database.url);
  others = new AdvisoryLocks(database.url);
});

beforeEach(async () => {
  remote = target.connect(
    target.settings.parse({
      MAILCHIMP_URL: simulator.url,
      MAILCHIMP_API_KEY: simulator.key,
      MAILCHIMP_LIST_ID: simulator.list,
    }),
    unlimitedConnections('ratchet'),
  );
  await remote.shape?.create();
  await simulator.control.clearJournal();
});

afterEach(async () => {
  await simulator.control.reset();
  await database.client.query(
    'DELETE FROM contact_preference; DELETE FROM person; DELETE FROM sync_person; DELETE FROM sync_contact_preference; DELETE FROM sync_claim; DELETE FROM sync_page_attempt; DELETE FROM sync_unique_value',
  );
});

afterAll(async () => {
  await simulator?.stop();
  await locks?.close();
  await others?.close();
  await database?.close();
});

const dependencies = (by: RemoteSystem = remote): Dependencies =>
  dependenciesWith({
    orm: database.orm,
    processes: new Map([['MAILCHIMP', { process: target.process, remote: by }]]),
    locks,
  });

const page = (keys: readonly string[], { holder = HOLDER, by = remote } = {}) =>
  deliverPage(dependencies(by), { ...PROCESS, keys, holder });

async function persons(count: number): Promise<string[]> {
  const keys: string[] = [];
  for (let n = 1; n <= count; n += 1) {
    const key = await database.ems.person({
      first_name: 'Ana',
      last_name: `Silva ${n}`,
      email: `ana${n}@clube.example`,
    });
    await database.ems.preference(key, true);
    keys.push(key);
  }
  return keys;
}

const records = async () =>
  (
    await database.client.query<{ key: string; state: string; workflow: string; held: boolean }>(
      `SELECT entity_key AS key, state, workflow_id AS workflow, remote_id IS NOT NULL AS held FROM sync_person
       WHERE sync_process = 'MAILCHIMP' ORDER BY entity_key`,
    )
  ).rows;

const members = async () => Object.values((await simulator.control.state()).members);

const listCalls = async () =>
  (await simulator.control.journal({ writesOnly: true }))
    .filter(({ path, method }) => method === 'POST' && /^\/3\.0\/lists\/[^/?]+(\?|$)/.test(path))
    .map(({ body }) => (body as { readonly members: readonly unknown[] }).members.length);

const claims = async () => Number((await database.client.query('SELECT count(*) FROM sync_claim')).rows[0].count);

const attempts = async () =>
  Number((await database.client.query('SELECT count(*) FROM sync_page_attempt')).rows[0].count);

const deliverOne = (key: string) => deliver(dependencies(), { ...PROCESS, key, resend: false, attempt: 1 });

/** The call waits at the target until it is released. */
function heldCall() {
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const { bulk } = remote;
  const sendPage: NonNullable<typeof bulk>['sendPage'] = async (requests, willCall) => {
    reached.resolve();
    await go.promise;
    return bulk?.sendPage?.(requests, willCall) ?? [];
  };
  const by = { ...remote, bulk: { canGather: () => true, sendMany: async () => [], ...bulk, sendPage } };
  return { by, reached: reached.promise, release: () => go.resolve() };
}

describe('a page of rows', () => {
  test('is created by one call, and recorded with its children; again, nothing is sent', async () => {
    const keys = await persons(5);
    expect(await page(keys)).toEqual({ inSync: 5, kinds: { created: 5 }, left: [], reasons: {} });
    expect(await listCalls()).toEqual([5]);
    expect(await members()).toHaveLength(5);
    expect(await records()).toEqual(keys.map((key) => ({ key, state: 'IN_SYNC', workflow: HOLDER, held: true })));
    const { rows } = await database.client.query('SELECT DISTINCT state FROM sync_contact_preference');
    expect(rows).toEqual([{ state: 'IN_SYNC' }]);
    expect(await claims()).toBe(0);
    // The row's own time; of a row that has not settled, a microsecond less.
    const { rows: times } = await database.client.query(
      `SELECT bool_and(p.modified_on - r.entity_synced_on <= interval '1 microsecond') AS short,
         bool_or(r.entity_synced_on > p.modified_on) AS ahead
       FROM sync_person r JOIN person p ON p.id = r.entity_key`,
    );
    expect(times).toEqual([{ short: true, ahead: false }]);

    await simulator.control.clearJournal();
    expect(await page(keys)).toMatchObject({ inSync: 5, left: [] });
    expect(await simulator.control.journal({ writesOnly: true })).toEqual([]);
    // The same content as one alone would have.
    for (const key of keys) expect(await deliverOne(key)).toMatchObject({ kind: 'unchanged' });
  });

  test('is mapped by its delivery alone: the sweep that finds it maps no row that has no record yet', async () => {
    const keys = await persons(3);
    const mapped: string[] = [];
    const watched = target.process.mappings.map((mapping) => ({
      ...mapping,
      map: (...[row, sources]: Parameters<typeof mapping.map>) => {
        mapped.push(row.id);
        return mapping.map(row, sources);
      },
    }));
    const found = await findDue(
      {
        ...dependencies(),
        processes: new Map([['MAILCHIMP', { process: { ...target.process, mappings: watched }, remote }]]),
      },
      { ...PROCESS, after: null, limit: 10 },
    );
    expect(found).toEqual({ keys, touched: 0, next: null });
    expect(mapped).toEqual([]);
  });

  test('leaves out what a bulk call cannot do: an opt-out, an address that two share, a deleted row', async () => {
    const [one = '', two = '', three = '', four = ''] = await persons(4);
    await database.ems.update('contact_preference', (await preferenceOf(two)) ?? '', { opted_in: false });
    await database.ems.update('person', three, { email: 'ana1@clube.example' });
    await database.client.query('DELETE FROM contact_preference WHERE person_id = $1', [four]);
    await database.ems.delete('person', four);
    const { inSync, left } = await page([one, two, three, four]);
    expect(inSync).toBe(1);
    expect([...left].toSorted()).toEqual([two, three, four].toSorted());
    expect((await members()).map(({ email }) => email)).toEqual(['ana1@clube.example']);
  });

  test('a call that is refused as a whole is halved until what spoils it is alone', async () => {
    const keys = await persons(8);
    const { bulk } = remote;
    const spoiled: typeof remote = {
      ...remote,
      bulk: {
        canGather: (request) => bulk?.canGather(request) === true,
        sendMany: async () => [],
        sendPage: async (requests, willCall) => {
          const isSpoilt = requests.some(({ key }) => key === keys[2]);
          await simulator.control.setFaults({ respond: isSpoilt ? { status: 400, match: LIST_CALL } : null });
          return bulk?.sendPage?.(requests, willCall) ?? [];
        },
      },
    };
    expect(await page(keys, { by: spoiled })).toEqual({
      inSync: 7,
      kinds: { created: 7 },
      left: [keys[2]],
      reasons: { refused: 1 },
    });
    expect(await listCalls()).toEqual([8, 4, 2, 2, 1, 1, 4]);
    expect(await members()).toHaveLength(7);
  });

  test('a call that fails for all fails the page, which is safe to repeat: an answer that was lost doubles nothing', async () => {
    const keys = await persons(3);
    await simulator.control.setFaults({ failAfter: { times: 1, match: LIST_CALL } });
    await expect(page(keys)).rejects.toMatchObject({ errorClass: 'transient' });
    expect(await claims()).toBe(0);
    expect((await records()).map(({ state }) => state)).toEqual(['CREATING', 'CREATING', 'CREATING']);
    expect(await page(keys)).toMatchObject({ inSync: 3 });
    expect(await members()).toHaveLength(3);
    expect(await listCalls()).toEqual([3, 3]);
  });

  test('what the target confirmed before a pause is recorded; the rest waits', async () => {
    const [one = '', two = ''] = await persons(2);
    const { bulk } = remote;
    const paused = new PausedError({ process: 'MAILCHIMP', pausedOn: '2026-11-30T10:00:00Z' });
    const pausing: typeof remote = {
      ...remote,
      bulk: {
        canGather: () => true,
        sendMany: async () => [],
        sendPage: async ([first, ...others], willCall) => [
          ...((await bulk?.sendPage?.(first === undefined ? [] : [first], willCall)) ?? []),
          ...others.map(() => paused),
        ],
      },
    };
    await expect(page([one, two], { by: pausing })).rejects.toBe(paused);
    expect((await records()).map(({ key, state }) => [key, state])).toEqual([
      [one, 'IN_SYNC'],
      [two, 'CREATING'],
    ]);
    expect(await claims()).toBe(0);
    expect(await page([one, two])).toMatchObject({ inSync: 2, left: [] });
  });

  test('the id that a create makes is on record together with the intent, before the call', async () => {
    const keys = await persons(2);
    const held = heldCall();
    const delivered = page(keys, { by: held.by });
    await held.reached;
    const begun = await records();
    held.release();
    expect(begun).toEqual(keys.map((key) => ({ key, state: 'CREATING', workflow: HOLDER, held: true })));
    expect(await delivered).toMatchObject({ inSync: 2 });
  });

  test('a row that was begun elsewhere, and is not confirmed, keeps its own workflow', async () => {
    const [one = '', two = ''] = await persons(2);
    await simulator.control.setFaults({ failAfter: { times: 1, match: { method: 'PUT' } } });
    await expect(deliverOne(two)).rejects.toMatchObject({ errorClass: 'transient' });
    expect(await page([one, two])).toEqual({ inSync: 1, kinds: { created: 1 }, left: [two], reasons: { alone: 1 } });
  });
});

async function preferenceOf(person: string): Promise<string | undefined> {
  const { rows } = await database.client.query('SELECT id FROM contact_preference WHERE person_id = $1', [person]);
  return rows[0]?.id;
}

describe('a pair is worked on by one only', () => {
  test('whose own workflow is at work is left out', async () => {
    const [one = '', two = '', three = ''] = await persons(3);
    await others.withLocks([`ems-sync pair MAILCHIMP/Person/${two}`], 1_000, async () => {
      expect(await page([one, two, three])).toEqual({
        inSync: 2,
        kinds: { created: 2 },
        left: [two],
        reasons: { busy: 1 },
      });
    });
    expect(await page([two])).toMatchObject({ inSync: 1 });
  });

  test('whatever begins while a page is between reading and recording waits for its end', async () => {
    const keys = await persons(2);
    const [one = '', two = ''] = keys;
    const held = heldCall();
    const ended: string[] = [];
    const note = (name: string) => (): void => {
      ended.push(name);
    };
    const first = page(keys, { by: held.by }).finally(note('page'));
    await held.reached;
    expect(await page(keys, { holder: 'MAILCHIMP/Person/page-2' })).toMatchObject({ inSync: 0, reasons: { busy: 2 } });
    const own = deliverOne(one).finally(note('own delivery'));
    const command = runCommand(dependencies(), { ...PROCESS, key: two, command: 'unlink' }).finally(note('command'));
    // Each has found the claim, and asks again.
    await waitUntil({ what: 'two that wait', stillMs: 60_000 }, async () =>
      keys.every((key) => locks.timesAsked(key) > 1),
    );
    expect(ended).toEqual([]);
    held.release();
    expect(await first).toMatchObject({ inSync: 2 });
    expect(await own).toMatchObject({ kind: 'unchanged' });
    await command;
    expect(ended[0]).toBe('page');
    expect((await records()).map(({ state }) => state)).toEqual(['IN_SYNC', 'UNLINKED']);
  });

  test('an attempt that wakes after its page was tried again sends nothing', async () => {
    const keys = await persons(2);
    const held = heldCall();
    const zombie = page(keys, { by: held.by });
    await held.reached;
    await database.ems.update('person', keys[0] ?? '', { last_name: 'Sousa' });
    expect(await page(keys)).toMatchObject({ inSync: 2 });
    await simulator.control.clearJournal();
    held.release();
    await expect(zombie).rejects.toMatchObject({ code: 'page-lost' });
    expect(await simulator.control.journal({ writesOnly: true })).toEqual([]);
    expect(new Set((await members()).map(({ mergeFields }) => mergeFields['LNAME']))).toEqual(
      new Set(['Silva 2', 'Sousa']),
    );
    expect((await records()).map(({ state }) => state)).toEqual(['IN_SYNC', 'IN_SYNC']);
  });

  test('a page that is tried again waits while a call of its earlier attempt may be on its way', async () => {
    const keys = await persons(2);
    const { rows } = await database.client.query<{ until: string }>(
      `INSERT INTO sync_page_attempt VALUES ($1, 0, clock_timestamp() + interval '6 minutes', clock_timestamp() + interval '2 seconds')
       RETURNING calling_until::text AS until`,
      [HOLDER],
    );
    const held = heldCall();
    const again = page(keys, { by: held.by });
    await held.reached;
    const { rows: now } = await database.client.query('SELECT clock_timestamp() > $1::timestamptz AS "isOver"', [
      rows[0]?.until,
    ]);
    expect(now).toEqual([{ isOver: true }]);
    held.release();
    expect(await again).toMatchObject({ inSync: 2 });
    expect(await attempts()).toBe(0);
  });

  test('a claim of a page that died ends by itself', async () => {
    const keys = await persons(1);
    await database.client.query(
      `INSERT INTO sync_claim VALUES ($1, 1, 'MAILCHIMP/Person/page-9', clock_timestamp() - interval '1 second')`,
      [`ems-sync pair MAILCHIMP/Person/${keys[0]}`],
    );
    expect(await page(keys)).toMatchObject({ inSync: 1 });
  });
});
