/** What EMS says about e-mail to a person; `nothing`: it has no preference of the person. */
export type Wish = 'yes' | 'no' | 'nothing';

export interface Person {
  readonly key: string;
  readonly first: string;
  readonly email: string | null;
  /** Of persons with one address, the eldest owns a new contact. */
  readonly born: string;
  readonly wish: Wish;
}

/** A contact at the target, as this model sees it. */
export interface Contact {
  readonly address: string;
  readonly emsKey: string | null;
  readonly first: string | null;
  /** `mailable`: is mailed, or asked to confirm; `closed`: there, and not mailed; `away`: put away. */
  readonly standing: 'mailable' | 'closed' | 'away';
}

/** Where targets differ. */
export interface Rules {
  /** Whether a person is taken to the target only if EMS wants e-mail to the person. */
  readonly takesOnlyWithWish: boolean;
}

/**
 * What a target of e-mail may hold, written from the specification: EMS wins; persons with one address share one
 * contact, which is that of whoever has it already, else of the eldest; who has refused at the target, the person and the
 * address, is not mailed again.
 *
 * Where a refusal is involved, only safety is stated: who must not be mailed. Whether others with that address or of that
 * person's other addresses are mailed is then left open.
 */
export class MarketingModel {
  readonly people = new Map<string, Person>();
  readonly #rules: Rules;
  /** Addresses and persons that have refused, and have not signed up again since. */
  readonly #refused = new Set<string>();
  /** Addresses whose owner has signed up at the target. */
  readonly #signedUp = new Set<string>();
  /** Addresses and persons of which the target knows something that EMS does not say. */
  readonly #clouded = new Set<string>();
  /** Persons of whom EMS has ever said no. */
  readonly #saidNo = new Set<string>();
  /** Persons by the addresses that they ever had, and the other way round. */
  readonly #together = new Map<string, Set<string>>();

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  put(person: Person): void {
    this.people.set(person.key, person);
    if (person.wish === 'no') this.#saidNo.add(`#${person.key}`);
    if (person.email !== null) this.#join(`@${person.email}`, `#${person.key}`);
  }

  delete(key: string): void {
    this.people.delete(key);
  }

  /** Somebody, or a mail server, refuses mail at the target. */
  refuse({ address, emsKey }: Pick<Contact, 'address' | 'emsKey'>): void {
    this.#signedUp.delete(address);
    for (const one of this.#both(address, emsKey)) {
      this.#refused.add(one);
      this.#clouded.add(one);
    }
  }

  /** Somebody signs up at the target. From then on the target's own word counts. */
  signUp({ address, emsKey }: Pick<Contact, 'address' | 'emsKey'>): void {
    this.#signedUp.add(address);
    for (const one of this.#both(address, emsKey)) {
      this.#refused.delete(one);
      this.#clouded.add(one);
    }
  }

  /** Somebody changes the contact at the target, where EMS does not read it back. */
  edit(address: string): void {
    this.#clouded.add(`@${address}`);
  }

  isRefused(address: string): boolean {
    return this.#refused.has(`@${address}`);
  }

  /** What is wrong at the target once all is quiet: one line for each; empty if all is well. */
  findFaults(contacts: readonly Contact[], addresses: readonly string[]): readonly string[] {
    const owners = addresses.map((address) => [address, this.#ownerOf(address, contacts)] as const);
    return [
      ...owners.flatMap(([address, owner]) => [
        ...this.#mailedAgainstWill(address, owner, contacts),
        ...this.#notAsInEms(address, owner, contacts),
      ]),
      ...this.#mailedTwice(contacts),
    ];
  }

  #mailedAgainstWill(address: string, owner: Person | null, contacts: readonly Contact[]): readonly string[] {
    if (this.#signedUp.has(address) || !mailableAt(address, contacts)) return [];
    if (this.isRefused(address)) return [`${address} is mailed, and has refused`];
    if (owner !== null && this.#refused.has(`#${owner.key}`))
      return [`${address} is mailed, and its owner ${owner.key} has refused`];
    if (owner === null || this.#isWanted(owner) === false) return [`${address} is mailed, and EMS does not want it`];
    return [];
  }

  #notAsInEms(address: string, owner: Person | null, contacts: readonly Contact[]): readonly string[] {
    if (this.#isClouded(`@${address}`) || owner === null) return [];
    const there = contacts.filter((one) => one.address === address && one.standing !== 'away');
    const [contact] = there;
    if (contact === undefined || there.length > 1) return [`${address} is ${there.length} times at the target`];
    const { emsKey, first, standing } = contact;
    const isWanted = this.#isWanted(owner);
    const asInEms = isWanted === null ? standing : isWanted ? 'mailable' : 'closed';
    const expected = { emsKey: owner.key, first: owner.first, standing: asInEms };
    const found = { emsKey, first, standing };
    return JSON.stringify(found) === JSON.stringify(expected)
      ? []
      : [`${address} is ${JSON.stringify(found)}, and EMS says ${JSON.stringify(expected)}`];
  }

  #mailedTwice(contacts: readonly Contact[]): readonly string[] {
    const keys = contacts.flatMap(({ emsKey, standing }) =>
      standing === 'mailable' && emsKey !== null ? [emsKey] : [],
    );
    return [...new Set(keys.filter((key, at) => keys.indexOf(key) !== at))].map((key) => `${key} is mailed twice`);
  }

  /** Of those with the address who belong on the target: whoever has the contact already, else the eldest. */
  #ownerOf(address: string, contacts: readonly Contact[]): Person | null {
    const family = [...this.people.values()]
      .filter((person) => person.email === address && this.#belongs(person, contacts))
      .toSorted((one, other) => one.born.localeCompare(other.born) || Number(one.key) - Number(other.key));
    const held = contacts.filter((one) => one.address === address && one.standing !== 'away');
    return family.find(({ key }) => held.some(({ emsKey }) => emsKey === key)) ?? family[0] ?? null;
  }

  #belongs({ key, wish }: Person, contacts: readonly Contact[]): boolean {
    if (!this.#rules.takesOnlyWithWish || wish === 'yes') return true;
    return contacts.some(({ emsKey, standing }) => emsKey === key && standing !== 'away');
  }

  /** Null: EMS has no preference of the person, and a contact that is there stays as it is. */
  #isWanted({ wish }: Person): boolean | null {
    return wish === 'nothing' ? null : wish === 'yes';
  }

  #both(address: string, emsKey: string | null): readonly string[] {
    return [`@${address}`, ...(emsKey === null ? [] : [`#${emsKey}`])];
  }

  #join(one: string, other: string): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const)
      this.#together.set(from, (this.#together.get(from) ?? new Set()).add(to));
  }

  /**
   * Whether anything is clouded that this is connected to by a person or an address. So is EMS's own no once its address has
   * had another person, or its person another address: nobody can tell any more whose no the contact holds.
   */
  #isClouded(one: string): boolean {
    const connected = new Set([one]);
    for (const at of connected) for (const next of this.#together.get(at) ?? []) connected.add(next);
    return !connected.isDisjointFrom(this.#clouded) || (connected.size > 2 && !connected.isDisjointFrom(this.#saidNo));
  }
}

const mailableAt = (address: string, contacts: readonly Contact[]) =>
  contacts.some((one) => one.address === address && one.standing === 'mailable');
