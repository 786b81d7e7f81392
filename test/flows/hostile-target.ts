import type { EntityKey } from '../../sync/entity-type.ts';
import { runCli } from '../clients/run-cli.ts';
import { allDescriptions } from './everything-written.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import { runLoop } from './run-loop.ts';
import type { System } from './system.ts';

/**
 * What a hostile target writes into every text of its answers: values as a person has them, a secret, and texts in the
 * form of error codes and of names of fields.
 */
export const PLANTED: string[] = [
  'Zephyrine Hostilia',
  'zephyrine@hostile.example',
  '+15005550199',
  '1971-03-09',
  'Rua da Hostilia 9',
  'hush-uf7qplz0-hush',
  'zephyrinehostilia',
  'ZEPHYRINE',
];

const STATUSES = [400, 401, 403, 404, 405, 409, 410, 412, 422, 429, 500, 503];

/** Few and many of an answer's texts: with few, an answer fits the contract and gets further. */
const SHARES = [1, 0.05];

/** What all simulators' controls have; the knobs of each have a type of their own. */
interface HostileControl {
  setFaults(settings: {
    readonly hostileRefusal?: { status: number; texts: string[]; times: number }[];
    readonly hostileAnswer?: { share: number; texts: string[]; times: number };
  }): Promise<void>;
  clearFaults(): Promise<void>;
  journal(): Promise<readonly { readonly fault: string | null }[]>;
}

/** One target that turns hostile, with persons that it has. */
export class HostileTarget {
  readonly process: ProcessUnderTest;
  readonly #system: System;
  readonly #control: HostileControl;
  readonly #persons: readonly EntityKey[];
  #changes = 0;

  constructor(system: System, process: ProcessUnderTest, control: HostileControl, persons: readonly EntityKey[]) {
    this.process = process;
    this.#system = system;
    this.#control = control;
    this.#persons = persons;
  }

  /** Refuses with each status until each has struck. @returns how Temporal shows the runs that are failing by then. */
  async refuse(): Promise<Map<string, string>> {
    await this.#control.setFaults({ hostileRefusal: STATUSES.map((status) => ({ status, texts: PLANTED, times: 1 })) });
    for (;;) {
      const before = await this.#struck('hostileRefusal');
      if (before >= STATUSES.length) break;
      for (const person of this.#persons) await this.#ask(person);
      await this.#system.eventually('a hostile refusal', async () => (await this.#struck('hostileRefusal')) > before);
    }
    return allDescriptions(this.#system.temporal);
  }

  /**
   * Answers with success and each share of these texts, to a round and to calls of pairs. Does not wait for the pairs:
   * some refuse to go on for good.
   */
  async answer(round: 'sweepOutbound' | 'pollInbound'): Promise<void> {
    for (const share of SHARES) {
      const before = await this.#struck('hostileAnswer');
      await this.#control.setFaults({ hostileAnswer: { share, texts: PLANTED, times: 8 } });
      await runLoop(this.#system.temporal, round, this.process.name);
      for (const person of this.#persons) await this.#ask(person);
      await this.#system.eventually('a hostile answer', async () => (await this.#struck('hostileAnswer')) > before);
    }
    await this.#control.clearFaults();
  }

  /** Refuses every call from now on. */
  async refuseAll(): Promise<void> {
    await this.#control.setFaults({ hostileRefusal: [{ status: 422, texts: PLANTED, times: 10_000 }] });
  }

  async #struck(fault: string): Promise<number> {
    return (await this.#control.journal()).filter((entry) => entry.fault === fault).length;
  }

  /** Changes the person, so that a pass has something to send, and asks for a pass. */
  async #ask(person: EntityKey): Promise<void> {
    this.#changes += 1;
    await this.#system.ems.update('person', person, { first_name: `Ana ${'x'.repeat(this.#changes)}` });
    await this.process.request('Person', person);
  }
}

/** What `ems-sync` prints, by command. */
export async function printed(system: System, commands: readonly string[]): Promise<Map<string, string>> {
  const outputs = new Map<string, string>();
  for (const command of commands) {
    const { stdout, stderr } = await runCli(command.split(' '), system.environment);
    outputs.set(command, `${stdout}${stderr}`);
  }
  return outputs;
}
