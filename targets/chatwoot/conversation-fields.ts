import type { Instant } from '../../sync/instant.ts';

/** EMS's words for a conversation's status, and ChatWoot's. */
export const STATUSES: Readonly<Record<string, string>> = {
  OPEN: 'open',
  PENDING: 'pending',
  SNOOZED: 'snoozed',
  RESOLVED: 'resolved',
};

/** EMS's words for a channel, which the mapping's field uses; several of ChatWoot's map to one of them. */
export const CHANNELS: Readonly<Record<string, string>> = {
  CHAT: 'CHAT',
  EMAIL: 'EMAIL',
  PHONE: 'PHONE',
  NOTE: 'NOTE',
};

const EMS_CHANNELS: Readonly<Record<string, string>> = {
  'Channel::Api': 'CHAT',
  'Channel::WebWidget': 'CHAT',
  'Channel::FacebookPage': 'CHAT',
  'Channel::Instagram': 'CHAT',
  'Channel::Line': 'CHAT',
  'Channel::Telegram': 'CHAT',
  'Channel::TwitterProfile': 'CHAT',
  'Channel::Whatsapp': 'CHAT',
  'Channel::Email': 'EMAIL',
  'Channel::Sms': 'PHONE',
  'Channel::TwilioSms': 'PHONE',
  'Channel::Voice': 'PHONE',
};

/** Null for a kind of inbox unknown to this release. */
export function emsChannel(inbox: string | null | undefined): string | null {
  return EMS_CHANNELS[inbox ?? ''] ?? null;
}

/** ChatWoot stores these times in whole seconds. RFC 3339 in UTC. */
export function inSeconds(instant: Instant): string {
  return instant.round({ smallestUnit: 'second', roundingMode: 'floor' }).toString();
}

/** Converts Unix seconds, with or without a fraction, to RFC 3339 in UTC with at most microseconds. */
export function fromSeconds(seconds: number): string {
  return Temporal.Instant.fromEpochNanoseconds(BigInt(Math.round(seconds * 1e6)) * 1_000n).toString();
}
