import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc, { SEED } from '../seeded-fast-check.ts';
import {
  agree,
  isAnother,
  isSeenByPoll,
  isSeenBySweep,
  resolve,
  type FieldName,
  type Fields,
  type PairModel,
} from './model-of-two-sides.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import { System } from './system.ts';

/** Possible steps, in any order. `who` picks one of the existing people. */
type Step =
  | {
      readonly do: 'edit-ems' | 'edit-remote';
      readonly who: number;
      readonly field: FieldName;
      readonly clear: boolean;
    }
  | { readonly do: 'delete-ems'; readonly who: number }
  /** A webhook: lost, delivered, or delivered twice. */
  | { readonly do: 'hint'; readonly who: number; readonly times: number }
  | { readonly do: 'create-ems' | 'create-remote' | 'poll' | 'sweep' | 'crash' }
  | { readonly do: 'fault'; readonly when: 'failBefore' | 'failAfter' };

const who = fc.nat(5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('edit-ems' as const, 'edit-remote' as const),
      who,
      field: fc.constantFrom('name' as const, 'email' as const, 'phone' as const),
      clear: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('create-ems' as const, 'create-remote' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('poll' as const, 'sweep' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('hint' as const), who, times: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete-ems' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      when: fc.constantFrom('failBefore' as const, 'failAfter' as const),
    }),
  },
);

let system: System;
let chatwoot: ProcessUnderTest;

beforeAll(async () => {
  system = await System.start({ targets: ['CHATWOOT'] });
  chatwoot = system.process('CHATWOOT');
});

afterAll(async () => {
  await system?.stop();
});

let serial = 0;

/** A value that was never used before, so that every edit is a change. */
function fresh(field: FieldName, clear: boolean): string | null {
  serial += 1;
  if (field === 'name') return `Ana${serial} Silva`;
  if (field === 'email') return `ana${serial}@clube.example`;
  return clear ? null : `+3519${String(10_000_000 + serial)}`;
}

const freshFields = (): Fields => ({
  name: fresh('name', false) ?? '',
  email: fresh('email', false) ?? '',
  phone: null,
});

/** One run of steps, executed on the real system and on the model in parallel. */
class Run {
  readonly #people: { person: string | null; contact: number | null; readonly model: PairModel }[] = [];

  async take(one: Step): Promise<void> {
    switch (one.do) {
      case 'create-ems': {
        const fields = freshFields();
        const person = await system.ems.person(columnsOf(fields));
        this.#people.push({ person, contact: null, model: { ems: fields, remote: null, base: null } });
        return;
      }
      case 'create-remote': {
        const fields = freshFields();
        const { contact } = await system.chatwoot.control.backdoor({ do: 'create-contact', set: contactOf(fields) });
        this.#people.push({ person: null, contact, model: { ems: null, remote: fields, base: null } });
        return;
      }
      case 'edit-ems':
        return this.#editEms(one.who, one.field, one.clear);
      case 'edit-remote':
        return this.#editRemote(one.who, one.field, one.clear);
      case 'delete-ems': {
        const picked = this.#pick(one.who);
        // If it was never synced, the remote would be a new contact. both-sides.test.ts covers that.
        if (picked === null || picked.person === null || picked.model.base === null) return;
        await system.ems.delete('person', picked.person);
        picked.model.ems = null;
        return;
      }
      case 'hint': {
        const picked = this.#pick(one.who);
        if (picked === null || picked.person === null || picked.model.base === null) return;
        for (let time = 0; time < one.times; time += 1) await chatwoot.request('Person', picked.person, 'inbound');
        await chatwoot.quiet();
        if (one.times > 0) resolve(picked.model);
        return;
      }
      case 'poll':
        await chatwoot.poll();
        return this.#resolveWhere(isSeenByPoll);
      case 'sweep':
        await chatwoot.sweep();
        await chatwoot.quiet();
        return this.#resolveWhere(isSeenBySweep);
      case 'crash': {
        const sweep = chatwoot.sweep();
        await new Promise((done) => setTimeout(done, 300));
        await system.stopWorkers('SIGKILL');
        await system.startWorkers();
        await sweep;
        await chatwoot.quiet();
        return this.#resolveWhere(isSeenBySweep);
      }
      case 'fault':
        await system.chatwoot.control.setFaults({ [one.when]: { times: 1, match: { prefix: '/api' } } });
    }
  }

  /** Settles, then checks that both sides match the model, that nothing exists twice, and that one more round writes nothing. */
  async verify(): Promise<void> {
    await chatwoot.settle();
    this.#resolveWhere((model) => isSeenByPoll(model) || isSeenBySweep(model));
    await this.#learnIds();
    await this.#adoptParked();
    const { contacts } = await system.chatwoot.control.state();
    for (const { person, contact, model } of this.#people) {
      const { rows } = await system.database.query('SELECT * FROM person WHERE id = $1', [person]);
      const stored = contact === null ? undefined : contacts[contact];
      const removed = stored?.custom_attributes['ems_removed'] === true;
      expect({
        ems: rows[0] === undefined ? null : fieldsOfRow(rows[0]),
        remote: stored === undefined || removed ? null : fieldsOfContact(stored),
      }).toEqual({ ems: model.ems, remote: model.remote });
      if (model.ems === null) continue;
      const same = Object.values(contacts).filter(
        ({ custom_attributes }) => custom_attributes['ems_person_id'] === person,
      );
      expect(same.map(({ id }) => id)).toEqual([contact]);
    }
    const { rows: doubled } = await system.database.query(
      'SELECT email FROM person GROUP BY email HAVING count(*) > 1',
    );
    expect(doubled).toEqual([]);
    const versions = await system.rowVersions();
    const writes = await journalLength();
    await chatwoot.poll();
    await chatwoot.sweep();
    expect(await journalLength()).toBe(writes);
    expect(await system.rowVersions()).toEqual(versions);
  }

  #pick(index: number) {
    return this.#people.length === 0 ? null : (this.#people[index % this.#people.length] ?? null);
  }

  /** An operator confirms that the rows that look like other people are who they were. */
  async #adoptParked(): Promise<void> {
    const parked = this.#people.filter(({ model }) => isAnother(model));
    for (const { person, model } of parked) {
      const record = person === null ? null : await chatwoot.record('Person', person);
      expect(record).toMatchObject({ state: 'PARKED', last_error: expect.stringContaining('id given out again') });
      await chatwoot.syncNow('Person', person ?? '', 'adopt');
      agree(model);
    }
    if (parked.length > 0) await chatwoot.settle();
  }

  #resolveWhere(isSeen: (model: PairModel) => boolean): void {
    for (const { model } of this.#people) if (isSeen(model)) resolve(model);
  }

  async #editEms(index: number, field: FieldName, clear: boolean): Promise<void> {
    await this.#learnIds();
    const picked = this.#pick(index);
    if (picked === null || picked.person === null || picked.model.ems === null) return;
    const fields: Fields = { ...picked.model.ems, [field]: fresh(field, clear) };
    await system.ems.update('person', picked.person, columnsOf(fields));
    picked.model.ems = fields;
  }

  async #editRemote(index: number, field: FieldName, clear: boolean): Promise<void> {
    await this.#learnIds();
    const picked = this.#pick(index);
    if (picked === null || picked.contact === null || picked.model.remote === null) return;
    const fields: Fields = { ...picked.model.remote, [field]: fresh(field, clear) };
    await system.chatwoot.control.backdoor({ do: 'edit-contact', contact: picked.contact, set: contactOf(fields) });
    picked.model.remote = fields;
  }

  async #learnIds(): Promise<void> {
    for (const picked of this.#people) {
      if (picked.contact === null && picked.person !== null) {
        const record = await chatwoot.record('Person', picked.person);
        picked.contact = record?.remote_id == null ? null : Number(record.remote_id);
      }
      if (picked.person === null && picked.contact !== null) {
        picked.person = (await chatwoot.recordOfRemote('Person', picked.contact))?.entity_key ?? null;
      }
    }
  }
}

async function journalLength(): Promise<number> {
  return (await system.chatwoot.control.journal({ writesOnly: true })).length;
}

const columnsOf = ({ name, email, phone }: Fields) => {
  const [first, last] = name.split(' ');
  return { first_name: first, last_name: last, email, phone };
};

const contactOf = ({ name, email, phone }: Fields) => ({ name, email, phone_number: phone });

const fieldsOfRow = (row: Record<string, string | null>) => ({
  name: `${row['first_name']} ${row['last_name']}`,
  email: row['email'],
  phone: row['phone'],
});

const fieldsOfContact = (stored: { name: string; email: string | null; phone_number: string | null }) => ({
  name: stored.name,
  email: stored.email,
  phone: stored.phone_number,
});

/** No new run starts after this time; the current one is finished. */
const SECONDS = Number(process.env['MODEL_SECONDS'] ?? 120);

/** A failure prints seed and path. `MODEL_SEED=… MODEL_PATH=…` repeats that run. */
const seed = Number(process.env['MODEL_SEED'] ?? SEED);
const path = process.env['MODEL_PATH'];

/** More than the longest step: after a crash, an activity of the killed workers has to time out first. */
const STEP_MS = 240_000;

/** Runs one step. An error names the seed, the steps before it, and how long each took. */
async function timed(log: string[], name: string, work: () => Promise<void>): Promise<void> {
  const began = performance.now();
  const told = () => `${name} (${((performance.now() - began) / 1_000).toFixed(1)} s)`;
  const late = new AbortController();
  try {
    await Promise.race([
      work(),
      sleep(STEP_MS, undefined, { signal: late.signal }).then(() => {
        throw new Error(`this step has not ended after ${STEP_MS / 1_000} s`);
      }),
    ]);
    log.push(told());
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`seed ${seed}, at ${told()}: ${message}\nafter these steps:\n  ${log.join('\n  ')}`, {
      cause: error,
    });
  } finally {
    late.abort();
  }
}

test('random edits on both sides, polls, webhooks lost and doubled, crashes and cut connections: it ends as specified', async () => {
  let runs = 0;
  let last: Promise<void> | undefined;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 18 }), async (steps) => {
      await (last = perform(steps));
      runs += 1;
    }),
    {
      seed,
      ...(path === undefined ? {} : { path }),
      numRuns: 1_000,
      interruptAfterTimeLimit: SECONDS * 1_000,
      endOnFailure: true,
    },
  );
  // The time limit interrupts a run in the middle. Its result counts as well.
  await last;
  expect(runs).toBeGreaterThan(0);
}, 900_000);

async function perform(steps: readonly Step[]): Promise<void> {
  const run = new Run();
  const log: string[] = [];
  for (const one of [{ do: 'create-ems' }, { do: 'create-remote' }, ...steps] as const)
    await timed(log, JSON.stringify(one), () => run.take(one));
  await system.chatwoot.control.clearFaults();
  await timed(log, 'verify', () => run.verify());
  if (process.env['MODEL_LOG'] !== undefined)
    appendFileSync(process.env['MODEL_LOG'], `seed ${seed}\n  ${log.join('\n  ')}\n`);
}
