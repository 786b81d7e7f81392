import { contactShape } from './contact-shape.ts';
import { statusWord } from './do-not-contact.ts';
import type { Mautic } from './mautic.ts';
import type { Contact, Segment } from './records.ts';
import { segmentShape } from './segment-shape.ts';

/** Sends no webhook for an anonymous contact; one that becomes known counts as new. */
export function contactSaved(mautic: Mautic, contact: Contact, { isNew }: { readonly isNew: boolean }): void {
  if (contact.dateIdentified === null) return;
  mautic.webhooks.publish(isNew ? 'mautic.lead_post_save_new' : 'mautic.lead_post_save_update', {
    contact: contactShape(mautic, contact),
  });
}

export function contactDeleted(mautic: Mautic, contact: Contact): void {
  mautic.webhooks.publish('mautic.lead_post_delete', {
    id: contact.id,
    contact: contactShape(mautic, contact, null),
  });
}

/** @param before reasons; 0 = contactable */
export function subscriptionChanged(
  mautic: Mautic,
  contact: Contact,
  channel: string,
  before: number,
  after: number,
): void {
  mautic.webhooks.publish('mautic.lead_channel_subscription_changed', {
    contact: contactShape(mautic, contact),
    channel,
    old_status: statusWord(before),
    new_status: statusWord(after),
  });
}

export function segmentChanged(mautic: Mautic, contact: Contact, segment: Segment, action: 'added' | 'removed'): void {
  mautic.webhooks.publish('mautic.lead_list_change', {
    contact: contactShape(mautic, contact),
    segment: segmentShape(segment),
    action,
  });
}
