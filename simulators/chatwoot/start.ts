import { type ControlClient, createControlClient } from '../kit/control-client.ts';
import { type RunningSimulator, startSimulator } from '../kit/spawn-simulator.ts';
import type { BackdoorAction, BackdoorOutcome } from './backdoor.ts';
import type { ChatwootFaults } from './knobs.ts';
import type { AttributeDefinition, Contact, Conversation, Message, Webhook } from './records.ts';
import type { Settings, SettingsInput } from './settings.ts';
import type { Delivery } from './webhooks.ts';

export type { BackdoorAction, BackdoorOutcome } from './backdoor.ts';
export type { ChatwootFaults } from './knobs.ts';
export type { Delivery } from './webhooks.ts';

/** What ChatWoot's database holds, by id; conversations by display id. */
export interface ChatwootState {
  readonly contacts: Readonly<Record<string, Contact>>;
  readonly conversations: Readonly<Record<string, Conversation & { readonly messages: readonly Message[] }>>;
  readonly webhooks: Readonly<Record<string, Webhook>>;
  readonly definitions: Readonly<Record<string, AttributeDefinition>>;
  /** Messages that were sent to a person: outgoing, not private, in an inbox with a real channel. */
  readonly sentToCustomers: readonly number[];
}

export interface ChatwootControl extends ControlClient<ChatwootFaults> {
  state(): Promise<ChatwootState>;
  settings(): Promise<Settings>;
  /** Changes only the settings given. */
  setSettings(settings: SettingsInput): Promise<void>;
  /** Runs a human's action at ChatWoot, webhooks included. Throws with ChatWoot's own words if it would refuse. */
  backdoor<Action extends BackdoorAction>(action: Action): Promise<OutcomeOf<Action>>;
  deliveries(): Promise<{ readonly underWay: number; readonly deliveries: readonly Delivery[] }>;
}

/** Which ids an action returns. */
export type OutcomeOf<Action extends BackdoorAction> = Action['do'] extends 'customer-writes'
  ? Required<BackdoorOutcome>
  : Action['do'] extends 'agent-writes' | 'delete-message'
    ? { readonly conversation: number; readonly message: number }
    : Action['do'] extends 'edit-conversation' | 'delete-conversation'
      ? { readonly conversation: number }
      : { readonly contact: number };

export interface StartOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Default: `chatwoot-token`. */
  readonly token?: string;
  /** Default: 1. */
  readonly account?: number;
  /** File that survives a restart. Default: memory. */
  readonly storage?: string;
  /** Default: 3000, as ChatWoot's. */
  readonly requestsPerMinute?: number;
  /** Default: 100, as ChatWoot's. */
  readonly searchesPerMinute?: number;
}

export interface StartedChatwoot extends RunningSimulator {
  /** For example `http://127.0.0.1:8085`; the API is under `/api/v1/accounts/1`. */
  readonly url: string;
  readonly token: string;
  readonly account: number;
  readonly control: ChatwootControl;
}

/**
 * Starts ChatWoot as a child process, which ends with this one.
 *
 * @example
 * const chatwoot = await startChatwoot({ token: 't' });
 * const { contact } = await chatwoot.control.backdoor({ do: 'create-contact', set: { email: 'ana@clube.example' } });
 * await chatwoot.control.backdoor({ do: 'customer-writes', contact, content: 'Olá' });
 * await chatwoot.stop();
 */
export async function startChatwoot({
  port = 0,
  token = 'chatwoot-token',
  account = 1,
  storage,
  requestsPerMinute = 3_000,
  searchesPerMinute = 100,
}: StartOptions = {}): Promise<StartedChatwoot> {
  const running = await startSimulator(new URL('main.ts', import.meta.url), {
    port,
    token,
    account,
    storage,
    'requests-per-minute': requestsPerMinute,
    'searches-per-minute': searchesPerMinute,
  });
  return { ...running, token, account, control: controlOf(running.url) };
}

/** The control client of a ChatWoot that is already running. */
export const controlOf = (url: string): ChatwootControl => createControlClient(url);
