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

/** One refusal, for one channel. It holds no address: the context tells which. */
export interface Suppression {
  readonly channel: Channel;
  readonly reason: SuppressionReason;
}

/** `email: unsubscribed`, for records, logs and the Web UI. */
export function describeSuppressions(suppressions: readonly Suppression[]): string {
  return suppressions.map(({ channel, reason }) => `${channel}: ${reason}`).join(', ');
}

/** Each channel once, with its strongest reason: `erased`, then in the order of the list of reasons. */
export function strongest(suppressions: readonly Suppression[]): Suppression[] {
  const rank = ({ reason }: Suppression) => (reason === 'erased' ? -1 : SUPPRESSION_REASONS.indexOf(reason));
  const byChannel = Map.groupBy(suppressions, ({ channel }) => channel);
  return CHANNELS.flatMap(
    (channel) => byChannel.get(channel)?.toSorted((one, other) => rank(one) - rank(other))[0] ?? [],
  );
}

/** Reasons that a target gives only in answer to a write. What it lists later says less, and withdraws none of them. */
const TOLD_ONCE: readonly SuppressionReason[] = ['compliance', 'forgotten', 'erased'];

/** Whether a refusal that is listed already says what the target says now. */
export function covers(held: Suppression, told: Suppression): boolean {
  return held.channel === told.channel && (held.reason === told.reason || TOLD_ONCE.includes(held.reason));
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
