import type { FastifyInstance } from 'fastify';
import { addControlRoutes } from '../kit/control-routes.ts';
import { actThroughBackdoor, backdoorAction } from './backdoor.ts';
import type { Mautic } from './mautic.ts';
import type { Contact, DoNotContact, Field, FieldValue, Hook, Segment } from './records.ts';
import { Refusal, errorOf } from './refusal.ts';
import { changedSettings, defaultSettings } from './settings.ts';
import { expireTokens, issueTokens, tokenBody } from './token-routes.ts';

/** A contact as a test wants to see it; times are milliseconds since 1970. */
export interface ContactState {
  readonly id: number;
  /** By alias; a field without a value is missing. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly tags: readonly string[];
  readonly doNotContact: readonly DoNotContact[];
  /** Aliases of the segments that it is in. */
  readonly segments: readonly string[];
  readonly dateAdded: number;
  readonly dateModified: number | null;
  readonly dateIdentified: number | null;
}

/** What Mautic's database holds, by id. */
export interface MauticState {
  readonly contacts: Readonly<Record<string, ContactState>>;
  readonly segments: Readonly<Record<string, Segment>>;
  readonly fields: Readonly<Record<string, Field>>;
  readonly hooks: Readonly<Record<string, Hook>>;
}

const byId = <Row extends { readonly id: number }>(rows: readonly Row[]): Record<string, Row> =>
  Object.fromEntries(rows.map((row) => [String(row.id), row]));

const contactState = ({ store }: Mautic, contact: Contact): ContactState => ({
  id: contact.id,
  fields: contact.values,
  tags: contact.tags.flatMap((id) => store.tags.find(id)?.tag ?? []),
  doNotContact: contact.doNotContact,
  segments: contact.segments
    .filter(({ manuallyRemoved }) => !manuallyRemoved)
    .flatMap(({ segment }) => store.segments.find(segment)?.alias ?? []),
  dateAdded: contact.dateAdded,
  dateModified: contact.dateModified,
  dateIdentified: contact.dateIdentified,
});

const stateOf = (mautic: Mautic): MauticState => ({
  contacts: byId(mautic.store.contacts.all().map((contact) => contactState(mautic, contact))),
  segments: byId(mautic.store.segments.all()),
  fields: byId(mautic.store.fields.all()),
  hooks: byId(mautic.store.hooks.all()),
});

/**
 * Mautic's control endpoints: the common ones, the state, how it is set up, tokens, what happens there without EMS, and
 * the webhooks sent.
 */
export function addMauticControl(
  scope: FastifyInstance,
  mautic: Mautic,
  initial: { readonly version: '4' | '5' },
): void {
  const { store, webhooks, limit, totals } = mautic;

  addControlRoutes(scope, mautic, () => {
    webhooks.clear();
    store.reset();
    limit.clear();
    totals.clear();
    mautic.settings = { ...defaultSettings(), ...initial };
  });

  scope.get('/state', async () => stateOf(mautic));

  scope.get('/settings', async () => mautic.settings);
  scope.put('/settings', async (request) => {
    mautic.settings = { ...mautic.settings, ...changedSettings(request.body) };
    totals.clear();
    return mautic.settings;
  });

  scope.post('/tokens', async () => tokenBody(mautic, issueTokens(mautic, true)));
  scope.post('/tokens/expire', async () => ({ expired: expireTokens(mautic) }));

  scope.post('/backdoor', async (request, reply) => {
    const action = backdoorAction.parse(request.body);
    try {
      return actThroughBackdoor(mautic, action);
    } catch (error) {
      if (error instanceof Refusal) return reply.code(error.status).send({ errors: [errorOf(error)] });
      throw error;
    }
  });

  scope.get('/deliveries', async () => webhooks.read());
  scope.post('/webhooks/process', async () => {
    await webhooks.process();
    return webhooks.read();
  });
}
