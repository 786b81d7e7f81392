import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ProcessUnderTest } from './process-under-test.ts';
import { System } from './system.ts';

/**
 * Every order of two actions on one pair, each on either side, between two rounds of synchronisation. The two letters
 * name the action (Create, Edit, Delete) and the side (Ems, Remote).
 */
type Action = 'CE' | 'CR' | 'EE' | 'ER' | 'DE' | 'DR';

/** The final state of both sides. `-`: missing; `*`: present and marked as removed from EMS. */
interface Ending {
  /** First names in EMS and at ChatWoot. */
  readonly ems: readonly string[];
  readonly remote: readonly string[];
  readonly state?: string | null;
  /** Conflicts that were logged. */
  readonly lost?: number;
  readonly why: string;
}

const BOTH_ANEW = 'the same e-mail on both sides is one person: matched, EMS wins';
const EMS_DELETE_WINS = 'an EMS delete beats all';
const UNLINKED = 'a remote delete without an edit in EMS unlinks the pair; EMS keeps its row';
const EDIT_BEATS_DELETE = 'a remote delete loses to an EMS edit: it is made anew';
const EMS_WINS = 'where both have edited, EMS wins, and what lost is kept';

/**
 * The pair is in sync as "Ana" first, unless the first action creates it. If a pair already exists, a create makes an
 * unrelated second one with another e-mail.
 */
const CASES: Readonly<Record<Name, Ending>> = {
  'CE CE': { ems: ['New', 'New2'], remote: ['New', 'New2'], why: 'two rows are two contacts' },
  'CE CR': { ems: ['New'], remote: ['New'], state: 'IN_SYNC', lost: 1, why: BOTH_ANEW },
  'CE EE': { ems: ['Ems'], remote: ['Ems'], state: 'IN_SYNC', why: 'only the last state is sent' },
  'CE ER': { ems: ['Remote'], remote: ['Remote'], state: 'IN_SYNC', why: 'delivered, then edited there' },
  'CE DE': { ems: [], remote: [], state: null, why: 'never sent, never there' },
  'CE DR': { ems: ['New'], remote: [], state: 'UNLINKED', why: UNLINKED },
  'CR CE': { ems: ['New'], remote: ['New'], state: 'IN_SYNC', lost: 1, why: BOTH_ANEW },
  'CR CR': { ems: ['New', 'New2'], remote: ['New', 'New2'], why: 'two contacts are two persons' },
  'CR EE': { ems: ['Ems'], remote: ['Ems'], state: 'IN_SYNC', why: 'absorbed, then edited in EMS' },
  'CR ER': { ems: ['Remote'], remote: ['Remote'], state: 'IN_SYNC', why: 'only the last state is read' },
  'CR DE': { ems: [], remote: ['*'], state: null, why: EMS_DELETE_WINS },
  'CR DR': { ems: [], remote: [], state: null, why: 'never read, never there' },
  'EE CE': { ems: ['Ems', 'New2'], remote: ['Ems', 'New2'], state: 'IN_SYNC', why: 'unrelated' },
  'EE CR': { ems: ['Ems', 'New2'], remote: ['Ems', 'New2'], state: 'IN_SYNC', why: 'unrelated' },
  'EE EE': { ems: ['Ems2'], remote: ['Ems2'], state: 'IN_SYNC', why: 'only the last state is sent' },
  'EE ER': { ems: ['Ems'], remote: ['Ems'], state: 'IN_SYNC', lost: 1, why: EMS_WINS },
  'EE DE': { ems: [], remote: ['*'], state: null, why: EMS_DELETE_WINS },
  'EE DR': { ems: ['Ems'], remote: ['Ems'], state: 'IN_SYNC', why: EDIT_BEATS_DELETE },
  'ER CE': { ems: ['Remote', 'New2'], remote: ['Remote', 'New2'], state: 'IN_SYNC', why: 'unrelated' },
  'ER CR': { ems: ['Remote', 'New2'], remote: ['Remote', 'New2'], state: 'IN_SYNC', why: 'unrelated' },
  'ER EE': { ems: ['Ems'], remote: ['Ems'], state: 'IN_SYNC', lost: 1, why: EMS_WINS },
  'ER ER': { ems: ['Remote2'], remote: ['Remote2'], state: 'IN_SYNC', why: 'only the last state is read' },
  'ER DE': { ems: [], remote: ['*'], state: null, why: EMS_DELETE_WINS },
  'ER DR': { ems: ['Ana'], remote: [], state: 'UNLINKED', why: UNLINKED },
  'DE CE': { ems: ['New2'], remote: ['*', 'New2'], why: 'another row, another contact' },
  'DE CR': { ems: ['New2'], remote: ['*', 'New2'], why: 'another contact, another row' },
  'DE EE': { ems: [], remote: ['*'], state: null, why: 'there is nothing left to edit' },
  'DE ER': { ems: [], remote: ['*'], state: null, why: EMS_DELETE_WINS },
  'DE DE': { ems: [], remote: ['*'], state: null, why: 'deleted is deleted' },
  'DE DR': { ems: [], remote: [], state: null, why: 'gone on both sides' },
  'DR CE': { ems: ['Ana', 'New2'], remote: ['New2'], state: 'UNLINKED', why: UNLINKED },
  'DR CR': { ems: ['Ana', 'New2'], remote: ['New2'], state: 'UNLINKED', why: UNLINKED },
  'DR EE': { ems: ['Ems'], remote: ['Ems'], state: 'IN_SYNC', why: EDIT_BEATS_DELETE },
  'DR ER': { ems: ['Ana'], remote: [], state: 'UNLINKED', why: 'there is nothing left to edit; unlinked' },
  'DR DE': { ems: [], remote: [], state: null, why: 'gone on both sides' },
  'DR DR': { ems: ['Ana'], remote: [], state: 'UNLINKED', why: UNLINKED },
};

let system: System;
let chatwoot: ProcessUnderTest;

beforeAll(async () => {
  system = await System.start({ targets: ['CHATWOOT'] });
  chatwoot = system.process('CHATWOOT');
});

afterAll(async () => {
  await system?.stop();
});

/** One case; everything that belongs to it has its mark in the e-mail. */
class Case {
  readonly mark: string;
  person: string | null = null;
  contact: number | null = null;
  created = 0;

  constructor(name: string) {
    this.mark = name.toLowerCase().replace(' ', '-');
  }

  get email(): string {
    this.created += 1;
    return `case-${this.mark}-${this.created}@clube.example`;
  }

  async inStep(): Promise<void> {
    this.person = await system.ems.person({ first_name: 'Ana', last_name: 'Silva', email: this.email });
    await chatwoot.syncNow('Person', this.person);
    await this.lookUp();
  }

  /** Looks up the contact of a newly delivered person, or the person of a newly absorbed contact. */
  async lookUp(): Promise<void> {
    if (this.person !== null && this.contact === null) {
      const record = await chatwoot.record('Person', this.person);
      this.contact = record?.remote_id == null ? null : Number(record.remote_id);
    }
    if (this.contact !== null && this.person === null) {
      this.person = (await chatwoot.recordOfRemote('Person', this.contact))?.entity_key ?? null;
    }
  }

  async act(action: Action, time: 1 | 2): Promise<void> {
    const suffix = time === 1 ? '' : '2';
    switch (action) {
      case 'CE': {
        const id = await system.ems.person({ first_name: `New${suffix}`, last_name: 'Silva', email: this.email });
        this.person ??= id;
        return;
      }
      case 'CR': {
        const { contact } = await system.chatwoot.control.backdoor({
          do: 'create-contact',
          set: { name: `New${suffix} Silva`, email: this.email },
        });
        this.contact ??= contact;
        return;
      }
      case 'EE':
        if (this.person !== null) await system.ems.update('person', this.person, { first_name: `Ems${suffix}` });
        return;
      case 'ER':
        if (await this.contactIsThere()) {
          await system.chatwoot.control.backdoor({
            do: 'edit-contact',
            contact: this.contact ?? 0,
            set: { name: `Remote${suffix} Silva` },
          });
        }
        return;
      case 'DE':
        if (this.person !== null) await system.ems.delete('person', this.person);
        return;
      case 'DR':
        if (await this.contactIsThere()) {
          await system.chatwoot.control.backdoor({ do: 'delete-contact', contact: this.contact ?? 0 });
        }
    }
  }

  async contactIsThere(): Promise<boolean> {
    return this.contact !== null && (await system.chatwoot.control.state()).contacts[this.contact] !== undefined;
  }

  async ems(): Promise<string[]> {
    const { rows } = await system.database.query(
      `SELECT first_name FROM person WHERE email LIKE $1 ORDER BY first_name`,
      [`case-${this.mark}-%`],
    );
    return rows.map(({ first_name: name }) => name);
  }

  async remote(): Promise<string[]> {
    const { contacts } = await system.chatwoot.control.state();
    return Object.values(contacts)
      .filter(({ email }) => email?.startsWith(`case-${this.mark}-`) === true)
      .map(({ name, custom_attributes: own }) => (own['ems_removed'] === true ? '*' : (name.split(' ')[0] ?? '')))
      .toSorted();
  }
}

type Name = `${Action} ${Action}`;

const actionsOf = (name: string) => name.split(' ') as [Action, Action];

/** An action on the other side than the first needs a sync in between; one on the same side does not. */
function needsRound(name: string): boolean {
  const [first, second] = actionsOf(name);
  return first.startsWith('C') && !second.startsWith('C') && first[1] !== second[1];
}

/** Created on both sides with one e-mail and different names. */
const isOnBothSides = (name: string) => name === 'CE CR' || name === 'CR CE';

async function createOnBothSides(one: Case, name: string): Promise<void> {
  const { email } = one;
  for (const action of actionsOf(name)) {
    if (action === 'CE') one.person = await system.ems.person({ first_name: 'New', last_name: 'Silva', email });
    else {
      const set = { name: 'Remote Silva', email };
      one.contact = (await system.chatwoot.control.backdoor({ do: 'create-contact', set })).contact;
    }
  }
}

describe('every order of two actions on a pair', () => {
  const cases = new Map(Object.keys(CASES).map((name) => [name, new Case(name)]));

  beforeAll(async () => {
    for (const [name, one] of cases) if (!name.startsWith('C')) await one.inStep();
    for (const [name, one] of cases) if (needsRound(name)) await one.act(actionsOf(name)[0], 1);
    await chatwoot.settle();
    for (const [name, one] of cases) {
      const [first, second] = actionsOf(name);
      if (isOnBothSides(name)) await createOnBothSides(one, name);
      else {
        if (!needsRound(name)) await one.act(first, 1);
        await one.lookUp();
        await one.act(second, first === second || second.startsWith('C') ? 2 : 1);
      }
    }
    await chatwoot.settle();
  });

  test.each(Object.entries(CASES) as [Name, Ending][])('%s', async (name, { ems, remote, state, lost = 0 }) => {
    const one = cases.get(name) ?? new Case(name);
    expect({ ems: await one.ems(), remote: await one.remote() }).toEqual({
      ems: ems.toSorted(),
      remote: remote.toSorted(),
    });
    await one.lookUp();
    const record = one.person === null ? null : await chatwoot.record('Person', one.person);
    if (state !== undefined) expect(record?.state ?? null).toBe(state);
    const conflicts = await system.database.query('SELECT FROM sync_conflict WHERE entity_key = $1', [one.person]);
    expect(conflicts.rowCount).toBe(lost);
  });

  test('are 36', () => {
    expect(cases.size).toBe(36);
  });

  test('and afterwards one more round writes nothing anywhere', async () => {
    await chatwoot.settle();
    const versions = await system.rowVersions();
    const before = (await system.chatwoot.control.journal({ writesOnly: true })).length;
    await chatwoot.poll();
    await chatwoot.sweep();
    expect((await system.chatwoot.control.journal({ writesOnly: true })).length).toBe(before);
    expect(await system.rowVersions()).toEqual(versions);
  });
});
