import type { ProcessUnderTest } from './process-under-test.ts';
import { System, type SystemOptions } from './system.ts';

/** A row as PostgreSQL returns it; columns are untyped. */
// oxlint-disable-next-line typescript/no-explicit-any
export type DatabaseRow = Record<string, any>;

/** A system with only ChatWoot, and helpers that its tests share. */
export class ChatwootUnderTest {
  readonly system: System;
  readonly process: ProcessUnderTest;
  #people = 0;

  private constructor(system: System) {
    this.system = system;
    this.process = system.process('CHATWOOT');
  }

  static async start(options: Omit<SystemOptions, 'targets'> = {}): Promise<ChatwootUnderTest> {
    return new ChatwootUnderTest(await System.start({ ...options, targets: ['CHATWOOT'] }));
  }

  get control() {
    return this.system.chatwoot.control;
  }

  email(): string {
    this.#people += 1;
    return `ana${this.#people}@clube.example`;
  }

  /** A delivered person of EMS with a unique e-mail, and the contact. */
  async personInStep(values: Readonly<Record<string, unknown>> = {}): Promise<{ person: string; contact: number }> {
    const person = await this.system.ems.person({ email: this.email(), ...values });
    await this.process.syncNow('Person', person);
    return { person, contact: await this.contactOf(person) };
  }

  async contactOf(person: string): Promise<number> {
    const record = await this.process.record('Person', person);
    if (record?.remote_id == null)
      throw new Error(`Person/${person} has no contact (${record?.state}: ${record?.last_error})`);
    return Number(record.remote_id);
  }

  /** A contact at ChatWoot, or null. */
  async contact(id: number) {
    return (await this.control.state()).contacts[id] ?? null;
  }

  async contactsWith(email: string) {
    return Object.values((await this.control.state()).contacts).filter((contact) => contact.email === email);
  }

  async edit(contact: number, set: Record<string, unknown>): Promise<void> {
    await this.control.backdoor({ do: 'edit-contact', contact, set });
  }

  async row(table: string, id: string): Promise<DatabaseRow> {
    const { rows } = await this.system.database.query(`SELECT *, modified_on::text FROM ${table} WHERE id = $1`, [id]);
    return rows[0];
  }

  /** Messages of a conversation in EMS, oldest first. */
  async messages(conversation: string): Promise<DatabaseRow[]> {
    const { rows } = await this.system.database.query(
      'SELECT author, agent_name, body, private FROM conversation_message WHERE conversation_id = $1 ORDER BY sent_on, id',
      [conversation],
    );
    return rows;
  }

  /** Writes that ChatWoot has received; its look-ups are POSTs as well, and are not counted. */
  async writes(): Promise<number> {
    const journal = await this.control.journal({ writesOnly: true });
    return journal.filter(({ path }) => !path.endsWith('/filter')).length;
  }

  async stop(): Promise<void> {
    await this.system.stop();
  }
}
