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

/** A do-not-contact record to send to Mautic. */
export interface Refusal {
  readonly channel: Channel;
  readonly reason: number;
  readonly comments: string;
}

const CODES: Readonly<Partial<Record<SuppressionReason, number>>> = { bounced: 2, manual: MANUAL };

/**
 * EMS's opt-outs, and refusals elsewhere that the contact does not have; one per channel. A refusal at another target
 * is not sent as an unsubscription: Mautic keeps its comment, so one could not be turned into the other
 * (`takeBackOwn`).
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
 * Adds the records that the contact lacks. A channel that has one is left alone: Mautic would let EMS's own record
 * replace a bounce, and EMS may later withdraw it.
 *
 * @returns the records added.
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
