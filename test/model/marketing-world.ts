import type { RemoteSystem } from '../../targets/remote-system.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { approveHold, readHolds } from '../../database/records/missing.ts';
import { dependenciesWith } from '../activities/dependencies-with.ts';
import type { LockedDatabase } from '../database/locked-database.ts';
import { Crashes } from './crashes.ts';
import { MarketingModel, type Contact, type Person, type Rules, type Wish } from './marketing-model.ts';
import { Rounds } from './rounds-in-process.ts';

export type Refusal = 'unsubscribe' | 'bounce';

/** A simulated target of e-mail in this process. */
export interface MarketingTarget {
  readonly process: SyncProcess;
  readonly rules: Rules;
  /** Faults apply to the paths of the API only. */
  readonly prefix: string;
  readonly control: {
    reset(): Promise<void>;
    setFaults(faults: object): Promise<void>;
    clearFaults(): Promise<void>;
    clearJournal(): Promise<void>;
    journal(filter: {
      readonly writesOnly: true;
    }): Promise<readonly { readonly method: string; readonly path: string }[]>;
  };
  /** A new connection to an account that is set up. */
  connect(): Promise<RemoteSystem>;
  contacts(): Promise<readonly Contact[]>;
  /** The contact must be there. @returns false: nothing happens to one that is not mailed. */
  refuse(address: string, how: Refusal): Promise<boolean>;
  signUp(address: string): Promise<void>;
  edit(address: string, first: string): Promise<void>;
  stop(): Promise<void>;
}

/** Above these, a sweep's removals and changes wait for an operator. */
const BRAKE_LIMITS = { delete: { count: 2, share: 50 }, update: { count: 2, share: 60 } };

/** Rounds in which everything must come to rest. */
const QUIET_WITHIN = 7;

const TABLES = [
  'person',
  'contact_preference',
  'sync_person',
  'sync_contact_preference',
  'sync_suppression',
  'sync_hold',
];

/** Our tables that a sequence may fill. */
const OURS = [
  'sync_person',
  'sync_contact_preference',
  'sync_suppression',
  'sync_unique_value',
  'sync_cursor',
  'sync_hold',
  'sync_missing',
  'sync_claim',
  'sync_page_attempt',
  'sync_rekey',
  'sync_due',
  'sync_comparison',
  'sync_journal',
  'sync_outbox',
  'sync_erasure',
];

/** EMS, our records and a target during one sequence, with the model of what they should hold. */
export class MarketingWorld {
  readonly model: MarketingModel;
  readonly addresses: readonly string[];
  readonly target: MarketingTarget;
  readonly #database: LockedDatabase;
  readonly #rounds: Rounds;
  readonly #crashes = new Crashes();
  readonly #preferences = new Map<string, string>();
  #serial = 0;

  private constructor(
    database: LockedDatabase,
    target: MarketingTarget,
    {
      remote,
      pageThreshold,
      addresses,
    }: { readonly remote: RemoteSystem; readonly pageThreshold: number; readonly addresses: readonly string[] },
  ) {
    this.#database = database;
    this.target = target;
    this.addresses = addresses;
    this.model = new MarketingModel(target.rules);
    const { name } = target.process;
    const dependencies: Dependencies = dependenciesWith({
      orm: database.orm,
      processes: new Map([[name, { process: target.process, remote: this.#crashes.around(remote) }]]),
      locks: database.locks,
      brakeLimits: BRAKE_LIMITS,
      pageThreshold,
    });
    this.#rounds = new Rounds(dependencies, name, this.#crashes);
  }

  /**
   * Everything is empty.
   *
   * @param pageThreshold with more rows due, they are delivered in pages; 0: never.
   */
  static async empty(
    database: LockedDatabase,
    target: MarketingTarget,
    { pageThreshold, addresses }: { readonly pageThreshold: number; readonly addresses: readonly string[] },
  ): Promise<MarketingWorld> {
    await target.control.reset();
    await database.client.query(
      ['contact_preference', 'person', ...OURS].map((name) => `DELETE FROM ${name}`).join('; '),
    );
    return new MarketingWorld(database, target, { remote: await target.connect(), pageThreshold, addresses });
  }

  /** A value that was never used before, so that every change is one. */
  fresh(): string {
    this.#serial += 1;
    return `Ana${this.#serial}`;
  }

  async create(given: Pick<Person, 'email' | 'wish'>): Promise<void> {
    const first = this.fresh();
    const born = `19${String(99 - (this.#serial % 50)).padStart(2, '0')}-01-01`;
    const { email, wish } = given;
    const key = await this.#database.ems.person({ first_name: first, email, date_of_birth: born });
    if (wish !== 'nothing') this.#preferences.set(key, await this.#database.ems.preference(key, wish === 'yes'));
    this.model.put({ key, first, born, ...given });
  }

  async rename(person: Person): Promise<void> {
    const first = this.fresh();
    await this.#database.ems.update('person', person.key, { first_name: first });
    this.model.put({ ...person, first });
  }

  async move(person: Person, email: string | null): Promise<void> {
    await this.#database.ems.update('person', person.key, { email });
    this.model.put({ ...person, email });
  }

  async wish(person: Person, wish: Wish): Promise<void> {
    const { key } = person;
    const known = this.#preferences.get(key);
    if (wish === 'nothing') {
      if (known !== undefined) await this.#database.ems.delete('contact_preference', known);
      this.#preferences.delete(key);
    } else if (known === undefined) {
      this.#preferences.set(key, await this.#database.ems.preference(key, wish === 'yes'));
    } else {
      await this.#database.ems.update('contact_preference', known, { opted_in: wish === 'yes' });
    }
    this.model.put({ ...person, wish });
  }

  async delete(person: Person): Promise<void> {
    await this.wish(person, 'nothing');
    await this.#database.ems.delete('person', person.key);
    this.model.delete(person.key);
  }

  /** EMS has lost its table: a sweep must not empty the target. */
  async loseAll(): Promise<void> {
    for (const person of this.model.people.values().toArray()) await this.delete(person);
  }

  async contactAt(address: string): Promise<Contact | null> {
    const found = (await this.target.contacts()).filter((one) => one.address === address && one.standing !== 'away');
    return found[0] ?? null;
  }

  crash(at: Parameters<Crashes['arm']>[0]): void {
    this.#crashes.arm(at);
  }

  fault(faults: object): Promise<void> {
    return this.target.control.setFaults(faults);
  }

  sweep(full: boolean): Promise<void> {
    return this.#rounds.sweep({ full });
  }

  poll(): Promise<void> {
    return this.#rounds.poll();
  }

  retry(person: Person): Promise<void> {
    return this.#rounds.ask({ type: 'Person', key: person.key }, { resend: true, inbound: true });
  }

  /**
   * The faults are over, and an operator approves what is held: everything comes to rest, so that a round writes nothing
   * on either side.
   */
  async settle(): Promise<void> {
    this.#crashes.arm(null);
    await this.target.control.clearFaults();
    let written: readonly string[] = [];
    for (let round = 0; round < QUIET_WITHIN; round += 1) {
      written = await this.#round();
      const approved = await this.approve();
      if (written.length === 0 && approved === 0 && !this.#rounds.isOwing) return;
    }
    throw new Error(`not at rest after ${QUIET_WITHIN} rounds, the last one wrote ${written.join(', ')}`);
  }

  /** Requests that would change something at the target. */
  async writes(): Promise<readonly string[]> {
    const journal = await this.target.control.journal({ writesOnly: true });
    return journal.map(({ method, path }) => `${method} ${path}`);
  }

  /** @returns what a poll and a full sweep wrote. */
  async #round(): Promise<readonly string[]> {
    const before = await this.#versions();
    await this.target.control.clearJournal();
    await this.poll();
    await this.sweep(true);
    const after = await this.#versions();
    return [...(await this.writes()), ...TABLES.filter((_, at) => before[at] !== after[at])];
  }

  /** States of records that are neither settled nor say what they wait for. */
  async unexplained(): Promise<readonly string[]> {
    const { rows } = await this.#database.client.query<{ line: string }>(
      `SELECT entity_key || ' is ' || state || ': ' || coalesce(last_error, '-') AS line FROM sync_person
       WHERE NOT (state IN ('IN_SYNC', 'REMOVED', 'SHARED', 'SUPPRESSED') OR state IN ('PARKED', 'WAITING') AND last_error IS NOT NULL)`,
    );
    return rows.map(({ line }) => line);
  }

  /** @returns how many holds an operator had to approve. */
  async approve(): Promise<number> {
    const em = this.#database.orm.em.fork();
    const { name } = this.target.process;
    const open = (await readHolds(em, [name])).filter(({ approvedOn }) => approvedOn === null);
    for (const { id } of open) await approveHold(em, name, id);
    return open.length;
  }

  async #versions(): Promise<readonly string[]> {
    const digests = TABLES.map(
      (table) => `(SELECT md5(string_agg(xmin::text || ctid::text, ',' ORDER BY ctid)) FROM ${table})`,
    );
    const { rows } = await this.#database.client.query(`SELECT ARRAY[${digests.join(', ')}] AS versions`);
    return rows[0].versions;
  }
}
