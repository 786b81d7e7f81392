import { subscriberHash } from '../../simulators/mailchimp/start.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { TargetUnderTest } from './simulators.ts';
import { System, type SystemOptions } from './system.ts';

interface Also {
  readonly also?: readonly TargetUnderTest[];
}

/** A system with only MailChimp, and helpers that its tests share. */
export class MailchimpUnderTest {
  readonly system: System;
  readonly process: ProcessUnderTest;
  #people = 0;

  private constructor(system: System) {
    this.system = system;
    this.process = system.process('MAILCHIMP');
  }

  /** @param also targets that run beside it. */
  static async start({
    also = [],
    ...options
  }: Omit<SystemOptions, 'targets'> & Also = {}): Promise<MailchimpUnderTest> {
    return new MailchimpUnderTest(await System.start({ ...options, targets: ['MAILCHIMP', ...also] }));
  }

  get control() {
    return this.system.mailchimp.control;
  }

  email(): string {
    this.#people += 1;
    return `ana${this.#people}@clube.example`;
  }

  /** A delivered person of EMS who wants the newsletter, with a unique address. */
  async personInStep(
    values: Readonly<Record<string, unknown>> = {},
  ): Promise<{ readonly person: string; readonly email: string; readonly preference: string }> {
    const email = typeof values['email'] === 'string' ? values['email'] : this.email();
    const person = await this.system.ems.person({ ...values, email });
    const preference = await this.system.ems.preference(person, true);
    await this.process.syncNow('Person', person);
    return { person, email, preference };
  }

  /** The member with this address at MailChimp, or null. */
  async member(email: string) {
    return (await this.control.state()).members[subscriberHash(email)] ?? null;
  }

  async stop(): Promise<void> {
    await this.system.stop();
  }
}
