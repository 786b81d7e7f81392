import type { FastifyRequest } from 'fastify';
import type { Surroundings } from '../kit/surroundings.ts';
import type { Batches } from './batches.ts';
import type { mailchimpKnobs } from './knobs.ts';
import type { Settings } from './settings.ts';
import type { Setup } from './setup.ts';
import type { Store } from './store.ts';
import type { Webhooks } from './webhooks.ts';

/** What left Mailchimp for a person or began there, for a test's eyes. */
export interface Effects {
  /** Addresses that were sent a mail asking them to confirm, in order. */
  readonly confirmationsSent: string[];
  /** Tags that were put on a member without `is_syncing`: whatever automation waits for them began. */
  readonly automationsStarted: { readonly email: string; readonly tag: string }[];
}

/** What the routes share. */
export interface Mailchimp extends Surroundings<typeof mailchimpKnobs> {
  readonly store: Store;
  readonly webhooks: Webhooks;
  readonly batches: Batches;
  readonly list: { readonly id: string } & Pick<Setup, 'name'>;
  readonly effects: Effects;
  settings: Settings;
}

/** By how many milliseconds this read of a list is behind. */
export const lagOf = ({ faults }: Mailchimp, request: FastifyRequest): number =>
  faults.take('lag', { method: request.method, path: request.url })?.ms ?? 0;

/** Now in whole seconds, as everything here is dated; milliseconds since 1970. */
export const nowOf = ({ clock }: Mailchimp): number => Math.floor(clock.now() / 1_000) * 1_000;

/** `2026-09-01T10:00:00+00:00`; `""` for never. */
export const isoOf = (moment: number | null): string =>
  moment === null ? '' : new Date(moment).toISOString().replace(/\.\d+Z$/, '+00:00');
