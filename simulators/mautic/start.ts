import { type ControlClient, createControlClient } from '../kit/control-client.ts';
import { type RunningSimulator, startSimulator } from '../kit/spawn-simulator.ts';
import type { BackdoorAction, BackdoorOutcome } from './backdoor.ts';
import type { MauticState } from './control.ts';
import type { MauticFaults } from './knobs.ts';
import type { Settings, SettingsInput } from './settings.ts';
import type { Delivery } from './webhooks.ts';

export type { BackdoorAction, BackdoorOutcome } from './backdoor.ts';
export type { ContactState, MauticState } from './control.ts';
export type { MauticFaults } from './knobs.ts';
export type { Settings, SettingsInput } from './settings.ts';
export type { Delivery, WebhookEvent } from './webhooks.ts';

export interface Deliveries {
  readonly underWay: number;
  /** Events waiting for the cron. */
  readonly queued: number;
  readonly deliveries: readonly Delivery[];
}

export interface MauticControl extends ControlClient<MauticFaults> {
  state(): Promise<MauticState>;
  settings(): Promise<Settings>;
  /** Changes only the settings given. */
  setSettings(settings: SettingsInput): Promise<void>;
  /**
   * Runs an action of a marketer, a person or a mail server, webhooks included. Throws with Mautic's own words if
   * refused.
   */
  backdoor<Action extends BackdoorAction>(action: Action): Promise<OutcomeOf<Action>>;
  /** Issues a pair of tokens, as after a human's consent. */
  issueTokens(): Promise<{ readonly access_token: string; readonly refresh_token: string }>;
  /** Expires all access tokens. */
  expireTokens(): Promise<void>;
  deliveries(): Promise<Deliveries>;
  /** Runs the cron of queue mode once. */
  processWebhooks(): Promise<Deliveries>;
}

type WithContact = { readonly contact: number };

/** Which ids an action returns. */
export type OutcomeOf<Action extends BackdoorAction> = Action['do'] extends 'seed-duplicates'
  ? Required<Pick<BackdoorOutcome, 'contacts'>>
  : Action['do'] extends 'create-segment' | 'publish-segment'
    ? { readonly segment: number }
    : Action['do'] extends 'create-field' | 'unpublish-field' | 'set-default'
      ? Required<Pick<BackdoorOutcome, 'field'>>
      : Action['do'] extends 'create-hook' | 'publish-hook'
        ? Required<Pick<BackdoorOutcome, 'hook'>>
        : WithContact;

export interface StartOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: `ems`. */
  readonly username?: string;
  /** Default: `mautic-password`. */
  readonly password?: string;
  /** OAuth2 client id. Default: `ems-client`. */
  readonly clientId?: string;
  /** Default: `ems-client-secret`. */
  readonly clientSecret?: string;
  /** File that survives a restart. Default: memory. */
  readonly storage?: string;
  /** Default: 5. */
  readonly version?: '4' | '5';
}

export interface StartedMautic extends RunningSimulator {
  /** For example `http://127.0.0.1:8087`; the API is under `/api`, tokens under `/oauth/v2/token`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly control: MauticControl;
}

/**
 * Starts Mautic as a child process, which ends with this one.
 *
 * @example
 * const mautic = await startMautic({ version: '4' });
 * const { contact } = await mautic.control.backdoor({ do: 'create-contact', set: { email: 'ana@clube.example' } });
 * await mautic.control.backdoor({ do: 'unsubscribe', contact });
 * await mautic.stop();
 */
export async function startMautic({
  port = 0,
  username = 'ems',
  password = 'mautic-password',
  clientId = 'ems-client',
  clientSecret = 'ems-client-secret',
  storage,
  version = '5',
}: StartOptions = {}): Promise<StartedMautic> {
  const running = await startSimulator(new URL('main.ts', import.meta.url), {
    port,
    username,
    password,
    'client-id': clientId,
    'client-secret': clientSecret,
    storage,
    version,
  });
  return { ...running, username, password, clientId, clientSecret, control: controlOf(running.url) };
}

/** The control client of a Mautic that is already running. */
export function controlOf(url: string): MauticControl {
  const client = createControlClient(url);
  return {
    ...client,
    async issueTokens() {
      return client.call('POST', '/tokens');
    },
    async expireTokens() {
      await client.call('POST', '/tokens/expire');
    },
    async processWebhooks() {
      return client.call('POST', '/webhooks/process');
    },
  };
}
