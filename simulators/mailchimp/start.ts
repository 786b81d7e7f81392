import { type ControlClient, createControlClient } from '../kit/control-client.ts';
import { type RunningSimulator, startSimulator } from '../kit/spawn-simulator.ts';
import type { BackdoorAction, BackdoorOutcome } from './backdoor.ts';
import type { MailchimpState } from './control.ts';
import type { MailchimpFaults } from './knobs.ts';
import type { Settings, SettingsInput } from './settings.ts';
import type { SetupInput } from './setup.ts';
import type { Delivery } from './webhooks.ts';

export type { BackdoorAction, BackdoorOutcome } from './backdoor.ts';
export type { MailchimpState, MemberState } from './control.ts';
export type { MailchimpFaults } from './knobs.ts';
export type { Settings, SettingsInput } from './settings.ts';
export type { SetupInput } from './setup.ts';
export type { Delivery } from './webhooks.ts';
export { subscriberHash } from './identity.ts';

export interface Deliveries {
  /** Webhooks still to be sent, answered or retried. */
  readonly underWay: number;
  readonly deliveries: readonly Delivery[];
}

export interface MailchimpControl extends ControlClient<MailchimpFaults> {
  state(): Promise<MailchimpState>;
  settings(): Promise<Settings>;
  /** Changes only the settings given. */
  setSettings(settings: SettingsInput): Promise<void>;
  /**
   * Runs an action of a member, a marketer or a mail server, webhooks included. Throws with Mailchimp's own words if
   * refused.
   */
  backdoor<Action extends BackdoorAction>(action: Action): Promise<OutcomeOf<Action>>;
  deliveries(): Promise<Deliveries>;
}

/** What an action returns. */
export type OutcomeOf<Action extends BackdoorAction> = Action['do'] extends 'delete-permanent' | 'forget'
  ? Record<string, never>
  : Action['do'] extends 'create-merge-field' | 'require-merge-field' | 'delete-merge-field'
    ? Required<Pick<BackdoorOutcome, 'mergeField'>>
    : Action['do'] extends 'create-interests'
      ? Required<Pick<BackdoorOutcome, 'interests'>>
      : Required<Pick<BackdoorOutcome, 'id'>>;

export interface StartOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: `mailchimp-key-us1`. */
  readonly key?: string;
  /** Default: `a1b2c3d4e5`. */
  readonly list?: string;
  /** File that survives a restart. Default: memory. */
  readonly storage?: string;
  /** The list's state at the start and after a reset. Default: a new list, without interests. */
  readonly setup?: SetupInput;
  /** The settings at the start and after a reset. */
  readonly settings?: SettingsInput;
}

export interface StartedMailchimp extends RunningSimulator {
  /** For example `http://127.0.0.1:8088`; the API is under `/3.0`. */
  readonly url: string;
  readonly key: string;
  readonly list: string;
  readonly control: MailchimpControl;
}

/**
 * Starts Mailchimp as a child process, which ends with this one.
 *
 * @example
 * const mailchimp = await startMailchimp({ setup: { mergeFields: [{ tag: 'EMSID' }] } });
 * const { id } = await mailchimp.control.backdoor({ do: 'create-member', email: 'ana@clube.example' });
 * await mailchimp.control.backdoor({ do: 'unsubscribe', member: id });
 * await mailchimp.stop();
 */
export async function startMailchimp({
  port = 0,
  key = 'mailchimp-key-us1',
  list = 'a1b2c3d4e5',
  storage,
  setup = {},
  settings = {},
}: StartOptions = {}): Promise<StartedMailchimp> {
  const running = await startSimulator(new URL('main.ts', import.meta.url), {
    port,
    key,
    list,
    storage,
    setup: JSON.stringify(setup),
    settings: JSON.stringify(settings),
  });
  return { ...running, key, list, control: controlOf(running.url) };
}

/** The control client of a Mailchimp that is already running. */
export const controlOf = (url: string): MailchimpControl => createControlClient(url);
