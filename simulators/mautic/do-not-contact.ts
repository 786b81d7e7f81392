import { cleanText } from './clean.ts';
import type { Mautic } from './mautic.ts';
import { phpText, toInt, truthy } from './php.ts';
import { BOUNCED, type DoNotContact, MANUAL, UNSUBSCRIBED } from './records.ts';

/** A channel's status in a webhook. */
export const statusWord = (reason: number | undefined): string => {
  if (reason === undefined || reason === 0) return 'contactable';
  if (reason === UNSUBSCRIBED) return 'unsubscribed';
  return reason === BOUNCED ? 'bounced' : 'manual';
};

export interface Added {
  readonly channel: string;
  readonly reason: number;
  readonly comments: string;
  readonly channelId?: number | null;
}

export const dncOf = (records: readonly DoNotContact[], channel: string): DoNotContact | undefined =>
  records.find((record) => record.channel === channel);

/**
 * Adds a channel's first record; replaces one with another reason unless the person set it themselves. With the same
 * reason nothing changes, not even the comment.
 */
export function withDnc(mautic: Mautic, records: readonly DoNotContact[], added: Added): readonly DoNotContact[] {
  const before = dncOf(records, added.channel);
  if (before === undefined) return [...records, dncRecord(mautic, added)];
  if (before.reason === added.reason || before.reason === UNSUBSCRIBED) return records;
  if (before.reason === BOUNCED && mautic.settings.bounceSurvivesAdd) return records;
  const after = { ...dncRecord(mautic, added), id: before.id, channelId: before.channelId };
  return records.map((record) => (record === before ? after : record));
}

/** Removes the channel's first record, whatever its reason. */
export function withoutDnc(records: readonly DoNotContact[], channel: string): readonly DoNotContact[] {
  const before = dncOf(records, channel);
  return before === undefined ? records : records.filter((record) => record !== before);
}

export const dncRecord = (mautic: Mautic, { channel, reason, comments, channelId = null }: Added): DoNotContact => ({
  id: mautic.store.nextDncId(),
  dateAdded: mautic.clock.now(),
  reason,
  comments: cleanText(comments),
  channel,
  channelId,
});

/** Applies a contact body's `[{channel, reason, comments}]`, where reason 0 removes. */
export function dncAfter(
  mautic: Mautic,
  records: readonly DoNotContact[],
  sent: unknown,
  isNew: boolean,
): readonly DoNotContact[] {
  const entries = Array.isArray(sent) ? sent : typeof sent === 'object' && sent !== null ? Object.values(sent) : [];
  return entries.reduce((after: readonly DoNotContact[], entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return after;
    const { channel, reason, comments } = entry as Record<string, unknown>;
    const added = {
      channel: truthy(channel) ? phpText(channel) : 'email',
      reason: reason === undefined ? MANUAL : toInt(reason),
      comments: phpText(comments),
    };
    if (added.reason === 0) return withoutDnc(after, added.channel);
    // A new contact keeps the last record of each channel.
    if (isNew) return [...after.filter(({ channel: held }) => held !== added.channel), dncRecord(mautic, added)];
    return withDnc(mautic, after, added);
  }, records);
}
