import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { absorb } from '../../activities/absorb.ts';
import { deliver } from '../../activities/deliver.ts';
import { findChanged } from '../../activities/find-changed.ts';
import { record } from '../../activities/record.ts';
import type { Content } from '../../sync/content-hash.ts';
import { TARGETS } from '../../targets/index.ts';
import type { InboundSource, RemoteRecord } from '../../targets/inbound-source.ts';
import type { RemoteSystem, SendRequest, SendResult } from '../../targets/remote-system.ts';
import { lockedDatabase, type LockedDatabase } from '../database/locked-database.ts';
import { dependenciesWith } from './dependencies-with.ts';

let database: LockedDatabase;

beforeAll(async () => {
  database = await lockedDatabase();
});

afterEach(async () => {
  await database.client.query('TRUNCATE sync_person, sync_unique_value, sync_oscillation, person CASCADE');
});

afterAll(async () => {
  await database?.close();
});

const LAG_MS = 60_000;

/** The target's clock, in minutes past ten. */
const at = (minute: number) => `2026-05-01T10:${String(minute).padStart(2, '0')}:00Z`;

/** ChatWoot with one contact of a person, as if contacts had times and reads could lag. */
async function personInStep({ lag = { listMs: LAG_MS, recordMs: LAG_MS }, dated = true, complete = true } = {}) {
  const key = await database.ems.person({ first_name: 'Ana', last_name: 'Silva', email: 'ana@clube.example' });
  /** The states that the target had, oldest first, with their times. */
  const states: { readonly content: Content; readonly modifiedOn: string | null }[] = [];
  let clock = 30;
  /** How many states reads are behind. */
  let behind = 0;
  const change = (changes: Content) =>
    states.push({ content: { ...states.at(-1)?.content, ...changes }, modifiedOn: dated ? at(clock) : null });
  const shown = (): RemoteRecord => {
    const { content, modifiedOn } = states.at(-1 - behind) ?? { content: {}, modifiedOn: null };
    const common = { type: 'Person', remoteId: '47', emsKey: key, references: {}, related: [] } as const;
    const messages = complete ? null : [];
    return { ...common, complete, content, modifiedOn, messages, removed: false, successor: null };
  };
  const inbound: InboundSource = {
    overlapMs: 600_000,
    lag,
    scopes: async () => ['contacts'],
    list: async () => ({ records: [shown()], next: null, seenUpTo: null }),
    fetch: async () => shown(),
  };
  const send = async ({ content }: SendRequest): Promise<SendResult> => {
    change(content);
    const { modifiedOn = null } = states.at(-1) ?? {};
    return { kind: 'sent', remoteId: '47', remoteModifiedOn: modifiedOn, stored: states.at(-1)?.content ?? {} };
  };
  const remote = { inbound, send } as Partial<RemoteSystem> as RemoteSystem;
  const dependencies = dependenciesWith({
    orm: database.orm,
    processes: new Map(TARGETS.map(({ process }) => [process.name, { process, remote }])),
    locks: database.locks,
  });
  const ref = { process: 'CHATWOOT', type: 'Person', key } as const;
  const sweep = async (resend = false) => {
    const delivery = await deliver(dependencies, { ...ref, attempt: 1, resend });
    await record(dependencies, { ...ref, delivery });
    return delivery.kind;
  };
  await sweep();
  return {
    change,
    sweep,
    setClock: (minute: number) => {
      clock = minute;
    },
    readsLag: (by: number) => {
      behind = by;
    },
    /** The pairs that a poll starts a workflow for, and what those do. */
    poll: async () => {
      const page = { process: 'CHATWOOT', type: 'Person', scope: 'contacts', page: null } as const;
      const { pairs } = await findChanged(dependencies, page);
      const done = [];
      for (const { key: found } of pairs) done.push((await absorb(dependencies, { ...ref, key: found })).kind);
      return done;
    },
    absorb: async () => (await absorb(dependencies, ref)).kind,
    inEms: async () =>
      (await database.client.query('SELECT last_name FROM person WHERE id = $1', [key])).rows[0].last_name,
    edit: (last_name: string) => database.ems.update('person', key, { last_name }),
  };
}

/** As if the last state had been confirmed before the longest lag. */
const afterTheLag = () =>
  database.client.query(`UPDATE sync_person SET remote_confirmed_on = remote_confirmed_on - interval '61 seconds'`);

describe('a change at a target whose clock was set back', () => {
  test('is absorbed once no read can lag any more, and until then no workflow is started for it', async () => {
    const person = await personInStep();
    person.setClock(26);
    person.change({ name: 'Ana Changed' });
    expect(await person.poll()).toEqual([]);
    expect(await person.poll()).toEqual([]);
    await afterTheLag();
    expect(await person.poll()).toEqual(['applied']);
    expect(await person.inEms()).toBe('Changed');
    expect(await person.poll()).toEqual([]);
    await afterTheLag();
    expect(await person.poll()).toEqual([]);
  });

  test('is absorbed at once where a single record is read as it was written', async () => {
    const person = await personInStep({ lag: { listMs: LAG_MS, recordMs: 0 } });
    person.setClock(26);
    person.change({ name: 'Ana Changed' });
    expect(await person.absorb()).toBe('applied');
    expect(await person.inEms()).toBe('Changed');
  });

  test('is looked for once where lists show a record in part', async () => {
    const person = await personInStep({ lag: { listMs: LAG_MS, recordMs: 0 }, complete: false });
    person.setClock(26);
    person.change({});
    expect(await person.poll()).toEqual([]);
    await afterTheLag();
    expect(await person.poll()).toEqual(['unchanged']);
    await afterTheLag();
    expect(await person.poll()).toEqual([]);
  });

  test('is followed by others, also once the clock is right again', async () => {
    const person = await personInStep();
    for (const [minute, name] of [
      [26, 'Back'],
      [27, 'Later'],
      [33, 'Right'],
    ] as const) {
      person.setClock(minute);
      person.change({ name: `Ana ${name}` });
      await afterTheLag();
      expect(await person.poll()).toEqual(['applied']);
      expect(await person.inEms()).toBe(name);
    }
  });

  test('loses to EMS’s, which is sent', async () => {
    const person = await personInStep();
    person.setClock(26);
    person.change({ name: 'Ana Changed' });
    await person.edit('Wins');
    await afterTheLag();
    expect(await person.sweep()).toBe('absorb-first');
    expect(await person.absorb()).toBe('conflict');
    expect(await person.sweep()).toBe('updated');
    expect(await person.poll()).toEqual([]);
    expect(await person.inEms()).toBe('Wins');
  });
});

describe('a read that lags', () => {
  test('undoes no write of ours, though the target’s clock was set back before it', async () => {
    const person = await personInStep();
    await afterTheLag();
    person.setClock(26);
    await person.edit('Ours');
    expect(await person.sweep()).toBe('updated');
    person.readsLag(1);
    expect(await person.poll()).toEqual([]);
    expect(await person.absorb()).toBe('nothing');
    person.readsLag(0);
    await afterTheLag();
    expect(await person.poll()).toEqual([]);
    expect(await person.inEms()).toBe('Ours');
  });

  test('undoes no change that was absorbed from a clock that was set back', async () => {
    const person = await personInStep();
    await afterTheLag();
    person.setClock(26);
    person.change({ name: 'Ana Changed' });
    expect(await person.poll()).toEqual(['applied']);
    person.readsLag(1);
    expect(await person.poll()).toEqual([]);
    expect(await person.absorb()).toBe('nothing');
    expect(await person.inEms()).toBe('Changed');
  });

  test('is none after a write that changed nothing at a target without times', async () => {
    const person = await personInStep({ dated: false });
    await afterTheLag();
    expect(await person.sweep(true)).toBe('updated');
    person.change({ name: 'Ana Changed' });
    expect(await person.poll()).toEqual(['applied']);
  });

  test('undoes no write of ours at a target without times', async () => {
    const person = await personInStep({ dated: false });
    await person.edit('First');
    await person.sweep();
    await person.edit('Second');
    expect(await person.sweep()).toBe('updated');
    person.readsLag(2);
    expect(await person.poll()).toEqual([]);
    expect(await person.absorb()).toBe('nothing');
    expect(await person.inEms()).toBe('Second');
    person.readsLag(0);
    person.change({ name: 'Ana Changed' });
    await afterTheLag();
    expect(await person.poll()).toEqual(['applied']);
    expect(await person.inEms()).toBe('Changed');
  });
});
