/** The ways on which a person can say no. An address of each: an e-mail address, a phone number. */
export const CHANNELS = ['email', 'sms'] as const;

export type Channel = (typeof CHANNELS)[number];

/**
 * Why a target must not be given an address again, or no consent for it.
 *
 * - unsubscribed: the person's own act. complained: it called a message spam.
 * - bounced: messages do not arrive (MailChimp: cleaned).
 * - compliance: the target itself refuses to have the address subscribed.
 * - manual: somebody who works with the target has set it (Mautic: do-not-contact that is not EMS's).
 * - archived: somebody who works with the target has put the contact away.
 * - forgotten: deleted for good at the target; it takes the address from nobody but the person.
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

/** One no, for one channel. It carries no address: that is known from where it stands. */
export interface Suppression {
  readonly channel: Channel;
  readonly reason: SuppressionReason;
}

/** `email: unsubscribed`, for records, logs and the Web UI. */
export function describeSuppressions(suppressions: readonly Suppression[]): string {
  return suppressions.map(({ channel, reason }) => `${channel}: ${reason}`).join(', ');
}

/** Each channel once, with the reason that stands first in the list of reasons but for `erased`, which goes before all. */
export function strongest(suppressions: readonly Suppression[]): Suppression[] {
  const rank = ({ reason }: Suppression) => (reason === 'erased' ? -1 : SUPPRESSION_REASONS.indexOf(reason));
  const byChannel = Map.groupBy(suppressions, ({ channel }) => channel);
  return CHANNELS.flatMap(
    (channel) => byChannel.get(channel)?.toSorted((one, other) => rank(one) - rank(other))[0] ?? [],
  );
}

/** What a target says in answer to a write alone; what it lists afterwards says less, and takes nothing of it back. */
const TOLD_ONCE: readonly SuppressionReason[] = ['compliance', 'forgotten', 'erased'];

/** Whether a no that is held already says what the target says now. */
export function covers(held: Suppression, told: Suppression): boolean {
  return held.channel === told.channel && (held.reason === told.reason || TOLD_ONCE.includes(held.reason));
}

/** Whether our own erasure stands against it: nothing may be sent at all, whatever the channel. */
export const isErased = (suppressions: readonly Suppression[]): boolean =>
  suppressions.some(({ reason }) => reason === 'erased');

/** Where it is set: EMS's opt-in overrules what the person or the target's staff has switched off, and nothing else. */
const OVERRULED: readonly SuppressionReason[] = ['unsubscribed', 'manual'];

/** What of these counts under the policy (setting CONSENT_POLICY). */
export function binding(suppressions: readonly Suppression[], policy: ConsentPolicy): readonly Suppression[] {
  return policy === 'ratchet' ? suppressions : suppressions.filter(({ reason }) => !OVERRULED.includes(reason));
}
