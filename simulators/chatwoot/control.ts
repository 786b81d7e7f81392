import type { SimulatorControl } from '../kit/control-routes.ts';
import { actThroughBackdoor, backdoorAction } from './backdoor.ts';
import type { Chatwoot } from './chatwoot.ts';
import { namedSettings } from '../kit/named-settings.ts';
import { defaultSettings, settingsSchema } from './settings.ts';
import { Refusal } from './refusal.ts';
import { messagesOf } from './shapes.ts';

const byId = <Row extends { readonly id: number }>(rows: readonly Row[]): Record<string, Row> =>
  Object.fromEntries(rows.map((row) => [String(row.id), row]));

/** The test control of ChatWoot. */
export function chatwootControl(chatwoot: Chatwoot): SimulatorControl {
  const { store, webhooks, online, sentToCustomers, limits, background } = chatwoot;
  return {
    reset() {
      background.clear();
      webhooks.clear();
      store.reset();
      online.clear();
      sentToCustomers.length = 0;
      limits.all.clear();
      limits.search.clear();
      chatwoot.settings = defaultSettings();
    },
    state: () => ({
      contacts: byId(store.contacts.all()),
      conversations: byId(
        store.conversations.all().map((conversation) => ({
          ...conversation,
          messages: messagesOf(chatwoot, conversation),
        })),
      ),
      webhooks: byId(store.webhooks.all()),
      definitions: byId(store.definitions.all()),
      sentToCustomers,
    }),
    backdoor: (action) => actThroughBackdoor(chatwoot, backdoorAction.parse(action)),
    refusal: (error) => (error instanceof Refusal ? error : undefined),
    settings: {
      path: '/settings',
      read: () => chatwoot.settings,
      write(sent) {
        chatwoot.settings = { ...chatwoot.settings, ...namedSettings(settingsSchema, sent) };
      },
    },
    deliveries: () => webhooks.read(),
  };
}
