import { type ControlClient, createControlClient } from '../kit/control-client.ts';
import { type RunningSimulator, startSimulator } from '../kit/spawn-simulator.ts';
import type { AssumptionSettings, Assumptions } from './assumptions.ts';
import type { BackdoorAnswers, BackdoorEdit } from './backdoor-edits.ts';
import type { RunSignupState } from './control.ts';
import type { RunSignupFaults } from './knobs.ts';

export type { AssumptionSettings, Assumptions } from './assumptions.ts';
export type { BackdoorAnswers, BackdoorEdit } from './backdoor-edits.ts';
export type { RunSignupState } from './control.ts';
export type { RunSignupFaults } from './knobs.ts';

export interface RunSignupControl extends ControlClient<RunSignupFaults> {
  state(): Promise<RunSignupState>;
  /**
   * Applies a human's edit at RunSignup and returns the ids it created or changed. Throws if a named record does not
   * exist.
   */
  backdoor<Edit extends BackdoorEdit>(edit: Edit): Promise<BackdoorAnswers[Edit['do']]>;
  /** Changes only the assumptions given; returns all of them. */
  assume(settings: AssumptionSettings): Promise<Assumptions>;
}

export interface StartOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: `runsignup-key`. */
  readonly key?: string;
  /** Default: `runsignup-secret`. */
  readonly secret?: string;
  /** `rsu_api_reg`. Default: `runsignup-caller`. */
  readonly callerRegistration?: string;
  /** `X-RSU-API-REG-SECRET`. Default: `runsignup-caller-secret`. */
  readonly callerRegistrationSecret?: string;
  /** `YYYY-MM-DD`: from this day on, by the virtual clock, callers must be registered. Default: never. */
  readonly callerRegistrationFrom?: string;
  /** File that survives a restart. Default: memory. */
  readonly storage?: string;
}

export interface StartedRunSignup extends RunningSimulator {
  /** For example `http://127.0.0.1:8086`; the API is under `/rest`. */
  readonly url: string;
  readonly key: string;
  readonly secret: string;
  readonly callerRegistration: string;
  readonly callerRegistrationSecret: string;
  readonly control: RunSignupControl;
}

/**
 * Starts RunSignup as a child process, which ends with this one.
 *
 * @example
 * const runSignup = await startRunSignup();
 * const { eventIds } = await runSignup.control.backdoor({
 *   do: 'create-race',
 *   race: { name: 'Harbour Weekend' },
 *   events: [{ name: '8K', start: '2027-06-07T08:30' }],
 * });
 * await runSignup.stop();
 */
export async function startRunSignup({
  port = 0,
  key = 'runsignup-key',
  secret = 'runsignup-secret',
  callerRegistration = 'runsignup-caller',
  callerRegistrationSecret = 'runsignup-caller-secret',
  callerRegistrationFrom,
  storage,
}: StartOptions = {}): Promise<StartedRunSignup> {
  const running = await startSimulator(new URL('main.ts', import.meta.url), {
    port,
    key,
    secret,
    'caller-registration': callerRegistration,
    'caller-registration-secret': callerRegistrationSecret,
    'caller-registration-from': callerRegistrationFrom,
    storage,
  });
  return { ...running, key, secret, callerRegistration, callerRegistrationSecret, control: controlOf(running.url) };
}

/** The control client of a RunSignup that is already running. */
export function controlOf(url: string): RunSignupControl {
  const client = createControlClient(url);
  return {
    ...client,
    async assume(settings) {
      return client.call('PUT', '/assumptions', settings);
    },
  };
}
