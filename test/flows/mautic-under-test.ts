import type { ProcessUnderTest } from './process-under-test.ts';
import type { TargetUnderTest } from './simulators.ts';
import { System, type SystemOptions } from './system.ts';

interface Also {
  readonly also?: readonly TargetUnderTest[];
}

/** A system with only Mautic, and helpers that its tests share. */
export class MauticUnderTest {
  readonly system: System;
  readonly process: ProcessUnderTest;
  #people = 0;

  private constructor(system: System) {
    this.system = system;
    this.process = system.process('MAUTIC');
  }

  /** @param also targets that run beside it. */
  static async start({ also = [], ...options }: Omit<SystemOptions, 'targets'> & Also = {}): Promise<MauticUnderTest> {
    return new MauticUnderTest(await System.start({ ...options, targets: ['MAUTIC', ...also] }));
  }

  get control() {
    return this.system.mautic.control;
  }

  email(): string {
    this.#people += 1;
    return `ana${this.#people}@clube.example`;
  }

  /** A delivered person of EMS with a unique address, and the contact. */
  async personInStep(
    values: Readonly<Record<string, unknown>> = {},
    preference: boolean | null = true,
  ): Promise<{ readonly person: string; readonly contact: number; readonly preference: string | null }> {
    const person = await this.system.ems.person({ email: this.email(), ...values });
    const said = preference === null ? null : await this.system.ems.preference(person, preference);
    await this.process.syncNow('Person', person);
    return { person, contact: await this.contactOf(person), preference: said };
  }

  async contactOf(person: string): Promise<number> {
    const record = await this.process.record('Person', person);
    if (record?.remote_id == null)
      throw new Error(`Person/${person} has no contact (${record?.state}: ${record?.last_error})`);
    return Number(record.remote_id);
  }

  /** A contact at Mautic, or null. */
  async contact(id: number) {
    return (await this.control.state()).contacts[id] ?? null;
  }

  async contactsWith(email: string) {
    return Object.values((await this.control.state()).contacts).filter(
      ({ fields }) => String(fields['email']).toLowerCase() === email.toLowerCase(),
    );
  }

  async stop(): Promise<void> {
    await this.system.stop();
  }
}
