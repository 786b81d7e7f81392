import type { SimulatorControl } from '../kit/control-routes.ts';
import { actThroughBackdoor, backdoorAction } from './backdoor.ts';
import type { Mautic } from './mautic.ts';
import type { Contact, DoNotContact, Field, FieldValue, Hook, Segment } from './records.ts';
import { Refusal, errorOf } from './refusal.ts';
import { namedSettings } from '../kit/named-settings.ts';
import { defaultSettings, settingsSchema } from './settings.ts';
import { expireTokens, issueTokens, tokenBody } from './token-routes.ts';

/** A contact as tests see it; times are milliseconds since 1970. */
export interface ContactState {
  readonly id: number;
  /** By alias; a field without a value is missing. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly tags: readonly string[];
  readonly doNotContact: readonly DoNotContact[];
  readonly profileImage: string | null;
  /** Aliases of the contact's segments. */
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
  profileImage: contact.profileImage,
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

/** The test control of Mautic. A reset restores the initial version. */
export function mauticControl(mautic: Mautic, initial: { readonly version: '4' | '5' }): SimulatorControl {
  const { store, webhooks, limit, totals } = mautic;
  return {
    reset() {
      webhooks.clear();
      store.reset();
      limit.clear();
      totals.clear();
      mautic.settings = { ...defaultSettings(), ...initial };
    },
    state: () => stateOf(mautic),
    settings: {
      path: '/settings',
      read: () => mautic.settings,
      write(sent) {
        mautic.settings = { ...mautic.settings, ...namedSettings(settingsSchema, sent) };
        totals.clear();
      },
    },
    backdoor: (action) => actThroughBackdoor(mautic, backdoorAction.parse(action)),
    refusal: (error) =>
      error instanceof Refusal ? { status: error.status, body: { errors: [errorOf(error)] } } : undefined,
    deliveries: () => webhooks.read(),
    addRoutes(scope) {
      scope.post('/tokens', async () => tokenBody(mautic, issueTokens(mautic, true)));
      scope.post('/tokens/expire', async () => ({ expired: expireTokens(mautic) }));
      scope.post('/webhooks/process', async () => {
        await webhooks.process();
        return webhooks.read();
      });
    },
  };
}
