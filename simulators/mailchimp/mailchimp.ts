import type { FastifyRequest } from 'fastify';
import type { Surroundings } from '../kit/surroundings.ts';
import type { Batches } from './batches.ts';
import type { mailchimpKnobs } from './knobs.ts';
import type { Settings } from './settings.ts';
import type { Setup } from './setup.ts';
import type { Store } from './store.ts';
import type { Webhooks } from './webhooks.ts';

/** Messages and automations that Mailchimp started, for tests to inspect. */
export interface Effects {
  /** Addresses that were sent a confirmation mail, in order. */
  readonly confirmationsSent: string[];
  /** Tags added without `is_syncing`: they start the automations that wait for them. */
  readonly automationsStarted: { readonly email: string; readonly tag: string }[];
}

/** State that the routes share. */
export interface Mailchimp extends Surroundings<typeof mailchimpKnobs> {
  readonly store: Store;
  readonly webhooks: Webhooks;
  readonly batches: Batches;
  readonly list: { readonly id: string } & Pick<Setup, 'name'>;
  readonly effects: Effects;
  settings: Settings;
}

/** How many milliseconds this list read lags behind. */
export const lagOf = ({ faults }: Mailchimp, request: FastifyRequest): number =>
  faults.take('lag', { method: request.method, path: request.url })?.ms ?? 0;

/** The current time in whole seconds, as Mailchimp dates everything; in milliseconds since 1970. */
export const nowOf = ({ clock }: Mailchimp): number => Math.floor(clock.now() / 1_000) * 1_000;

/** `2026-09-01T10:00:00+00:00`; `""` means never. */
export const isoOf = (moment: number | null): string =>
  moment === null ? '' : new Date(moment).toISOString().replace(/\.\d+Z$/, '+00:00');
