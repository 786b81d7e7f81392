import type { SyncProcessName } from './sync-process-name.ts';

/** The channels on which a person can refuse. Each has an address: an e-mail address, a phone number. */
export const CHANNELS = ['email', 'sms'] as const;

export type Channel = (typeof CHANNELS)[number];

/**
 * Why a target must not be given an address again, or no consent for it.
 *
 * - unsubscribed: the person's own act. complained: it called a message spam.
 * - bounced: messages do not arrive (MailChimp: cleaned).
 * - compliance: the target itself refuses to have the address subscribed.
 * - manual: the target's staff has set it (Mautic: do-not-contact that is not EMS's).
 * - archived: the target's staff has archived the contact.
 * - forgotten: deleted for good at the target. It counts against this person alone, not against the address.
 * - erased: erased by our own command, at every target; never lifted by a target.
 */
export const SUPPRESSION_REASONS = [
  'unsubscribed',
  'complained',
  'bounced',
  'compliance',
  'manual',
  'archived',
  'forgotten',
  'erased',
] as const;

export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** `ratchet`: what a person refused at the target stays refused. `ems-wins`: EMS's opt-in overrules an unsubscription. */
export type ConsentPolicy = 'ratchet' | 'ems-wins';

/** `target`: an unsubscription counts where it was made. `organisation`: it counts at every marketing target. */
export type ConsentScope = 'target' | 'organisation';

/** Reasons that count at every marketing target, wherever they were learnt: the address or the person itself is at issue. */
const COUNTS_EVERYWHERE: readonly SuppressionReason[] = ['complained', 'bounced', 'forgotten', 'erased'];

/** The person's own refusal of e-mail, and what MailChimp makes of it. */
const COUNTS_IN_ORGANISATION: readonly SuppressionReason[] = ['unsubscribed', 'compliance'];

/** The reasons that count at a target although another target has told them (setting CONSENT_SCOPE). */
export function reasonsFromElsewhere(scope: ConsentScope): readonly SuppressionReason[] {
  return scope === 'organisation' ? [...COUNTS_EVERYWHERE, ...COUNTS_IN_ORGANISATION] : COUNTS_EVERYWHERE;
}

/** One refusal, for one channel. It holds no address: the context tells which. */
export interface Suppression {
  readonly channel: Channel;
  readonly reason: SuppressionReason;
  /** The target where it was made, if that is another one. It is lifted there, and nowhere else. */
  readonly at?: SyncProcessName;
  /** Nobody has said so, but it cannot be ruled out: it counts at its own target, and at no other. */
  readonly presumed?: true;
}

/** What was refused at another target, and counts here as well. */
export const fromElsewhere = (suppressions: readonly Suppression[]): readonly Suppression[] =>
  suppressions.filter(({ at }) => at !== undefined);

/** `email: unsubscribed`, or `email: bounced at MAILCHIMP`, for records, logs and the Web UI. */
export function describeSuppressions(suppressions: readonly Suppression[]): string {
  return suppressions
    .map(({ channel, reason, at }) => `${channel}: ${reason}${at === undefined ? '' : ` at ${at}`}`)
    .join(', ');
}

/** What {@link describeSuppressions} says of a refusal at another target, as a regular expression of PostgreSQL. */
export const DESCRIBED_ELSEWHERE = ': [a-z]+ at [A-Z]+';

/**
 * Each channel once, with its strongest reason: `erased`, then the target's own in the order of the list of reasons, then those of
 * other targets.
 */
export function strongest(suppressions: readonly Suppression[]): Suppression[] {
  const rank = ({ reason, at }: Suppression) =>
    reason === 'erased'
      ? -1
      : SUPPRESSION_REASONS.indexOf(reason) + (at === undefined ? 0 : SUPPRESSION_REASONS.length);
  const byChannel = Map.groupBy(suppressions, ({ channel }) => channel);
  return CHANNELS.flatMap(
    (channel) => byChannel.get(channel)?.toSorted((one, other) => rank(one) - rank(other))[0] ?? [],
  );
}

/** Reasons that a target tells once, in a report or in answer to a write. What it lists later says less, and withdraws none. */
const TOLD_ONCE: readonly SuppressionReason[] = ['complained', 'compliance', 'forgotten', 'erased'];

/** Whether a refusal that is listed already says what the target says now. */
export function covers(held: Suppression, told: Suppression): boolean {
  if (held.channel !== told.channel) return false;
  if (TOLD_ONCE.includes(held.reason)) return true;
  return held.reason === told.reason && (held.presumed === true) === (told.presumed === true);
}

/** Whether the person was erased by our command: then nothing may be sent, on any channel. */
export const isErased = (suppressions: readonly Suppression[]): boolean =>
  suppressions.some(({ reason }) => reason === 'erased');

/** The only reasons that an opt-in of EMS overrules under `ems-wins`. */
const OVERRULED: readonly SuppressionReason[] = ['unsubscribed', 'manual'];

/** The refusals that count under the policy (setting CONSENT_POLICY). */
export function binding(suppressions: readonly Suppression[], policy: ConsentPolicy): readonly Suppression[] {
  return policy === 'ratchet' ? suppressions : suppressions.filter(({ reason }) => !OVERRULED.includes(reason));
}
