import type { Channel, Suppression, SuppressionReason } from '../../sync/suppression.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import {
  doNotContact,
  elsewhereComment,
  EMS_COMMENT,
  SUPPRESSION_COMMENT,
  MANUAL,
  UNSUBSCRIBED,
} from './read-contact.ts';

/** A do-not-contact record as Mautic takes it. */
export interface Refusal {
  readonly channel: Channel;
  readonly reason: number;
  readonly comments: string;
}

const CODES: Readonly<Partial<Record<SuppressionReason, number>>> = { bounced: 2, manual: MANUAL };

/**
 * EMS's opt-outs, and what was refused elsewhere that the contact does not know of; one for each channel. What another target has
 * refused is no unsubscription here: one of those could not be made into another (`takeBackOwn`), for Mautic keeps its comment.
 */
export function wantedRefusals(optOuts: readonly Channel[], suppressions: readonly Suppression[]): readonly Refusal[] {
  const known = suppressions.map(({ channel, reason, at }) => ({
    channel,
    reason: CODES[reason] ?? (at === undefined ? UNSUBSCRIBED : MANUAL),
    comments: at === undefined ? SUPPRESSION_COMMENT : elsewhereComment(at),
  }));
  const own = optOuts.map((channel) => ({ channel, reason: MANUAL, comments: EMS_COMMENT }));
  const byChannel = Map.groupBy([...known, ...own], ({ channel }) => channel);
  return [...byChannel.values()].flatMap((refusals) => refusals.slice(0, 1));
}

/**
 * Adds what the contact does not have. Whatever stands on a channel already is left alone: Mautic would let a bounce be replaced
 * by EMS's own record, which EMS may take back one day.
 *
 * @returns what it did not have.
 */
export async function refuseAt(
  api: MauticApi,
  contact: Contact,
  wanted: readonly Refusal[],
): Promise<readonly Refusal[]> {
  const held = doNotContact(contact).map(({ channel }) => channel);
  const lacking = wanted.filter(({ channel }) => !held.includes(channel));
  for (const { channel, reason, comments } of lacking) {
    await api.addDoNotContact(contact.id, channel, reason, comments);
  }
  return lacking;
}
