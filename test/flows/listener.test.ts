import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { installNotify } from '../../database/notify/install-notify.ts';
import { freePort } from '../../local/free-port.ts';
import { listIsCurrent } from './list-is-current.ts';
import { startProgram, type ProgramUnderTest } from './program-under-test.ts';
import { System } from './system.ts';

const listeners: ProgramUnderTest[] = [];
let system: System;
let listener: ProgramUnderTest;

beforeAll(async () => {
  system = await System.start();
  await installNotify(system.databaseUrl);
  listener = await startListener();
});

afterAll(async () => {
  await Promise.all(listeners.map(({ child }) => child.stop()));
  await system?.stop();
});

/** A listener whose first sweep has finished. */
async function startListener(settings: Readonly<Record<string, string>> = {}): Promise<ProgramUnderTest> {
  const before = await sweeps();
  const started = await startProgram(system, 'listener', settings, /listener is ready/);
  listeners.push(started);
  await system.eventually('its first sweep', async () => (await sweeps()) > before && (await running()) === 0);
  return started;
}

const count = async (query: string) => (await system.temporal.workflow.count(query)).count;
const sweeps = () => count('WorkflowType = "sweepOutbound"');
const running = () => count('WorkflowType = "sweepOutbound" AND ExecutionStatus = "Running"');

/** Counts the sweeps started during `work` or in the second after it. */
async function sweepsDuring(work: () => Promise<void>): Promise<number> {
  await listIsCurrent(system.temporal);
  const before = await sweeps();
  await work();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await listIsCurrent(system.temporal);
  return (await sweeps()) - before;
}

type RemoteType = Parameters<System['remote']>[0];

const arrives = (type: RemoteType, id: string, values: Readonly<Record<string, unknown>> = {}) =>
  system.eventually(`${type}/${id} ${JSON.stringify(values)}`, async () => {
    const remote = (await system.remote(type, id)) as Record<string, unknown> | null;
    return remote !== null && Object.entries(values).every(([name, value]) => remote[name] === value);
  });

const leaves = (type: RemoteType, id: string) =>
  system.eventually(`${type}/${id} gone`, async () => (await system.remote(type, id)) === null);

/** Runs statements as one transaction of EMS. */
async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
  await system.database.query('BEGIN');
  const result = await work();
  await system.database.query('COMMIT');
  return result;
}

async function registration() {
  return inTransaction(async () => {
    const event = await system.ems.event();
    const race = await system.ems.race(event);
    const person = await system.ems.person();
    return { event, race, person, participant: await system.ems.participant(event, race, { person_id: person }) };
  });
}

/** How often the listener reported so many changed persons that it requested a sweep. */
const manyChangesTold = () => listener.log().match(/many changes of Person/g)?.length ?? 0;

describe('a commit is at TagServer without any sweep', () => {
  test('with all that it refers to, though that was committed together', async () => {
    const began = await sweepsDuring(async () => {
      const { participant, person } = await registration();
      await arrives('event-participants', participant, { personId: person });
    });
    expect(began).toBe(0);
  });

  test('of a row that refers to one which TagServer was never to have before', async () => {
    const { event, race } = await registration();
    const person = await system.ems.person();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await system.remote('persons', person)).toBeNull();
    const began = await sweepsDuring(async () => {
      const participant = await system.ems.participant(event, race, { person_id: person });
      const tag = await system.ems.tag(participant, { code: `AB${participant}0000` });
      await arrives('event-participants', participant);
      await arrives('tags', tag);
    });
    expect(began).toBe(0);
  });

  test('of a row whose parent arrives later than the listener waits for it', async () => {
    await system.tagServer.control.setFaults({
      latency: { ms: 6_500, times: 1, match: { method: 'PUT', prefix: '/v1/races/' } },
    });
    const began = await sweepsDuring(async () => {
      const { participant } = await registration();
      await arrives('event-participants', participant);
    });
    expect(began).toBe(0);
  });

  test('a change, also one that does not move its time', async () => {
    const { person, participant } = await registration();
    await arrives('event-participants', participant);
    await system.ems.update('person', person, { last_name: 'Sousa' });
    await arrives('persons', person, { familyName: 'Sousa' });
    await system.database.query(`UPDATE person SET last_name = 'Costa' WHERE id = $1`, [person]);
    await arrives('persons', person, { familyName: 'Costa' });
  });

  test('a deletion, and what no longer passes the filter', async () => {
    const { event, person, participant } = await registration();
    await arrives('event-participants', participant);
    const began = await sweepsDuring(async () => {
      await inTransaction(async () => {
        await system.ems.delete('event_participant', participant);
        await system.ems.delete('person', person);
      });
      await leaves('event-participants', participant);
      await leaves('persons', person);
    });
    expect(began).toBe(0);
    const lonely = await system.ems.event();
    await arrives('events', lonely);
    await system.ems.update('event', lonely, { status: 'CANCELLED' });
    await leaves('events', lonely);
    expect(await system.remote('events', event)).not.toBeNull();
  });

  test('the last of a hundred changes within a moment, in few passes', async () => {
    const { person, participant } = await registration();
    await arrives('event-participants', participant);
    const writes = async () => (await system.writes(`persons/${person}`)).length;
    const before = await writes();
    // Sent as one text, so that it takes little time even on a busy machine; each is its own transaction.
    const changes = Array.from({ length: 100 }, (_, n) => {
      const set = `last_name = 'Silva ${n + 1}', modified_on = clock_timestamp()`;
      return `BEGIN; UPDATE person SET ${set} WHERE id = ${person}; COMMIT`;
    });
    await system.database.query(changes.join(';'));
    await arrives('persons', person, { familyName: 'Silva 100' });
    expect((await writes()) - before).toBeLessThan(60);
  });

  test('nothing of what was rolled back, or concerns nobody', async () => {
    const { person, participant } = await registration();
    await arrives('event-participants', participant);
    await system.process('TAGSERVER').quiet();
    const before = await count(`WorkflowType = "syncEntity"`);
    await system.database.query('BEGIN');
    await system.ems.update('person', person, { last_name: 'Nobody' });
    await system.database.query('ROLLBACK');
    await system.ems.person();
    await system.ems.insert('conversation', { person_id: person });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await listIsCurrent(system.temporal);
    expect(await count(`WorkflowType = "syncEntity"`)).toBe(before);
  });

  test('ahead of sweeps: with the priority of what is asked for, which its activities inherit', async () => {
    const { person, participant } = await registration();
    await arrives('event-participants', participant);
    await system.ems.update('person', person, { last_name: 'Sousa' });
    await arrives('persons', person, { familyName: 'Sousa' });
    const { raw } = await system.pair('Person', person).describe();
    expect(raw.workflowExecutionInfo?.priority?.priorityKey).toBe(1);
  });
});

describe('what nobody hears of is found by a sweep', () => {
  test('a statement that changes many rows, by one', async () => {
    const { event, race } = await registration();
    const { rows } = await system.database.query<{ id: string }>(
      `INSERT INTO start_group (modified_on, race_id, name) SELECT clock_timestamp(), $1, 'Wave ' || n
       FROM generate_series(1, 60) n RETURNING id`,
      [race],
    );
    await system.database.query(
      `INSERT INTO person (modified_on, last_name) SELECT clock_timestamp(), 'Silva' FROM generate_series(1, 1200)`,
    );
    for (const { id } of rows) await arrives('start-groups', id);
    const swept = async (times: number) => {
      await system.eventually(`${times} sweeps for many changes`, async () => manyChangesTold() >= times);
      await listIsCurrent(system.temporal);
      await system.eventually('its end', async () => (await running()) === 0);
    };
    await swept(1);
    const began = await sweepsDuring(async () => {
      await system.database.query(`UPDATE person SET city = 'Lisbon', modified_on = clock_timestamp()`);
      await swept(2);
    });
    expect(began).toBeGreaterThanOrEqual(1);
    expect(began).toBeLessThanOrEqual(2);
    expect(await system.remote('events', event)).not.toBeNull();
  });

  test('whatever is committed while its connection is cut, again and again', async () => {
    const { person, participant } = await registration();
    await arrives('event-participants', participant);
    const cut = () =>
      system.database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'ems-sync listener' AND datname = current_database()`,
      );
    const others: string[] = [];
    for (let n = 1; n <= 30; n += 1) {
      if (n % 10 === 1) await cut();
      await system.ems.update('person', person, { last_name: `Silva ${n}` });
      others.push((await registration()).participant);
    }
    await arrives('persons', person, { familyName: 'Silva 30' });
    for (const other of others) await arrives('event-participants', other);
    await listener.hasLogged(/the listening connection was lost/);
    const { rows } = await system.database.query(
      `SELECT FROM pg_stat_activity WHERE application_name = 'ems-sync listener' AND datname = current_database()`,
    );
    expect(rows).toHaveLength(1);
  });

  test('whatever is committed while no listener runs', async () => {
    const { person, participant } = await registration();
    await arrives('event-participants', participant);
    listener.child.kill();
    await listener.child.ended;
    await system.ems.update('person', person, { last_name: 'Costa' });
    const { participant: another } = await registration();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await system.remote('event-participants', another)).toBeNull();
    listener = await startListener();
    await arrives('persons', person, { familyName: 'Costa' });
    await arrives('event-participants', another);
  });
});

describe('the listener', () => {
  test('is live, and ready when it listens', async () => {
    const port = await freePort();
    const healthy = await startListener({ LISTENER_PORT: String(port) });
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200);
    await healthy.child.stop();
  });

  test('waits for servers that are away', async () => {
    const settings = { DATABASE_URL: 'postgres://ems:top-secret@127.0.0.1:1/ems' };
    const lame = await startProgram(system, 'listener', settings, /cannot listen; trying again/);
    listeners.push(lame);
    await lame.hasLogged(/PostgreSQL at 127.0.0.1:1 cannot be reached/);
    expect(lame.log()).not.toMatch(/top-secret/);
    process.kill(lame.child.pid, 'SIGTERM');
    expect(await lame.child.ended).toMatchObject({ code: 0, signal: null, asked: false });
    const alone = await startProgram(
      system,
      'listener',
      { TEMPORAL_ADDRESS: '127.0.0.1:1' },
      /a sweep could not be started; trying again/,
    );
    listeners.push(alone);
    process.kill(alone.child.pid, 'SIGTERM');
    expect(await alone.child.ended).toMatchObject({ code: 0, signal: null, asked: false });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'ends by itself when it gets %s, and what it heard is on its way',
    async (signal) => {
      const { person, participant } = await registration();
      await arrives('event-participants', participant);
      await system.ems.update('person', person, { last_name: signal });
      process.kill(listener.child.pid, signal);
      expect(await listener.child.ended).toMatchObject({ code: 0, signal: null, asked: false });
      listener = await startListener();
      await arrives('persons', person, { familyName: signal });
    },
  );

  test('says which tables tell nothing', async () => {
    await system.database.query('ALTER TABLE tag DISABLE TRIGGER USER');
    const warned = await startListener();
    await warned.hasLogged(/"tables":\["tag"\].*npx ems-sync migrate --with-notify/);
    await system.database.query('ALTER TABLE tag ENABLE TRIGGER USER');
    await warned.child.stop();
  });

  test('writes nothing of a person into its log', () => {
    for (const one of listeners) expect(one.log()).not.toMatch(/Silva|Sousa|Costa/);
  });
});
