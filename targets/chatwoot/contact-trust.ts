import { SyncError } from '../../sync/sync-error.ts';
import type { ChatwootApi } from './api.ts';

/** Somebody may add an inbox, or switch validation off, at any time. */
const LOOK_AGAIN_MS = 5 * 60_000;

const WEB_WIDGET = 'Channel::WebWidget';

/**
 * Whether contacts' names, addresses and numbers are taken over from ChatWoot (CHATWOOT_TRUST_CONTACTS). That is safe
 * only where every website inbox validates who its visitors are (`hmac_mandatory`); otherwise any visitor could change
 * any person of EMS.
 */
export class ContactTrust {
  readonly #api: ChatwootApi;
  readonly #wanted: boolean;
  #safeUntil = 0;

  constructor(api: ChatwootApi, wanted: boolean) {
    this.#api = api;
    this.#wanted = wanted;
  }

  /** @throws SyncError of class `target-down` if the setting asks for it and an inbox does not validate visitors. */
  async isGiven(): Promise<boolean> {
    if (!this.#wanted) return false;
    if (Date.now() < this.#safeUntil) return true;
    const refusal = await this.refusal();
    if (refusal !== null) throw new SyncError('target-down', refusal, { code: 'unsafe-inbox' });
    this.#safeUntil = Date.now() + LOOK_AGAIN_MS;
    return true;
  }

  /** Why the setting must not be used; null: it may, or it is off. Always asks ChatWoot. */
  async refusal(): Promise<string | null> {
    if (!this.#wanted) return null;
    const inboxes = await this.#api.inboxes();
    const open = inboxes.filter(
      ({ channel_type, hmac_mandatory }) => channel_type === WEB_WIDGET && hmac_mandatory !== true,
    );
    if (open.length === 0) return null;
    const ids = open.map(({ id }) => id).join(', ');
    return (
      `CHATWOOT_TRUST_CONTACTS is refused: website inbox ${ids} of ChatWoot does not enforce identity validation, ` +
      'so any visitor could change persons of EMS. Enforce it there (hmac_mandatory), or take the setting away'
    );
  }
}
