import type { Channel, Suppression, SuppressionReason } from '../../sync/suppression.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { doNotContact, EMS_COMMENT, LEDGER_COMMENT, MANUAL } from './read-contact.ts';

/** A do-not-contact record as Mautic takes it. */
interface Refusal {
  readonly channel: Channel;
  readonly reason: number;
  readonly comments: string;
}

const CODES: Readonly<Partial<Record<SuppressionReason, number>>> = { bounced: 2, manual: MANUAL };

/** EMS's opt-outs, and what the ledger holds that a contact made anew does not know of. */
export function wantedRefusals(optOuts: readonly Channel[], suppressions: readonly Suppression[]): readonly Refusal[] {
  const known = suppressions.map(({ channel, reason }) => ({
    channel,
    reason: CODES[reason] ?? 1,
    comments: LEDGER_COMMENT,
  }));
  const own = optOuts
    .filter((channel) => suppressions.every((suppression) => suppression.channel !== channel))
    .map((channel) => ({ channel, reason: MANUAL, comments: EMS_COMMENT }));
  return [...known, ...own];
}

/**
 * Adds what the contact does not have. Whatever stands on a channel already is left alone: Mautic would let a bounce be replaced
 * by EMS's own record, which EMS may take back one day.
 */
export async function refuseAt(api: MauticApi, contact: Contact, wanted: readonly Refusal[]): Promise<void> {
  const held = doNotContact(contact).map(({ channel }) => channel);
  for (const { channel, reason, comments } of wanted) {
    if (!held.includes(channel)) await api.addDoNotContact(contact.id, channel, reason, comments);
  }
}
