import type { SyncProcessName } from './sync-process-name.ts';

/** The channels on which a person can refuse. Each has an address: an e-mail address, a phone number. */
export const CHANNELS = ['email', 'sms'] as const;

export type Channel = (typeof CHANNELS)[number];

/**
 * Why a target must not receive an address again, or no consent for it.
 *
 * - unsubscribed: the person's own act. complained: the person reported a message as spam.
 * - bounced: messages do not arrive (MailChimp: cleaned).
 * - compliance: the target itself refuses to subscribe the address.
 * - manual: the target's staff has set it (Mautic: do-not-contact that is not EMS's).
 * - archived: the target's staff has archived the contact.
 * - forgotten: deleted permanently at the target. Applies only to this person, not to the address.
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

/**
 * `ratchet`: what a person refused at the target stays refused. `ems-wins`: EMS's opt-in overrides an unsubscription.
 */
export type ConsentPolicy = 'ratchet' | 'ems-wins';

/** `target`: an unsubscription applies where it was made. `organisation`: it applies at every marketing target. */
export type ConsentScope = 'target' | 'organisation';

/** Reasons that apply at every marketing target, because they concern the address or the person itself. */
const COUNTS_EVERYWHERE: readonly SuppressionReason[] = ['complained', 'bounced', 'forgotten', 'erased'];

/** The person's own refusal of e-mail, and the resulting compliance state at MailChimp. */
const COUNTS_IN_ORGANISATION: readonly SuppressionReason[] = ['unsubscribed', 'compliance'];

/** The reasons that apply at a target although another target reported them (setting CONSENT_SCOPE). */
export function reasonsFromElsewhere(scope: ConsentScope): readonly SuppressionReason[] {
  return scope === 'organisation' ? [...COUNTS_EVERYWHERE, ...COUNTS_IN_ORGANISATION] : COUNTS_EVERYWHERE;
}

/** One refusal on one channel. It contains no address, which is known from the context. */
export interface Suppression {
  readonly channel: Channel;
  readonly reason: SuppressionReason;
  /** The target where it was made, if it is another one. It can only be lifted there. */
  readonly at?: SyncProcessName;
  /** Not confirmed, but possible: it applies only at its own target. */
  readonly presumed?: true;
}

/** Refusals at another target that also apply here. */
export const fromElsewhere = (suppressions: readonly Suppression[]): readonly Suppression[] =>
  suppressions.filter(({ at }) => at !== undefined);

/** `email: unsubscribed`, or `email: bounced at MAILCHIMP`, for records, logs and the Web UI. */
export function describeSuppressions(suppressions: readonly Suppression[]): string {
  return suppressions
    .map(({ channel, reason, at }) => `${channel}: ${reason}${at === undefined ? '' : ` at ${at}`}`)
    .join(', ');
}

/** A PostgreSQL regular expression that matches {@link describeSuppressions} of a refusal at another target. */
export const DESCRIBED_ELSEWHERE = ': [a-z]+ at [A-Z]+';

/**
 * One refusal per channel, the strongest: `erased`, then the target's own in the order of the list of reasons, then
 * those of other targets.
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

/**
 * Reasons that a target reports only once, in a report or in the answer to a write. Its later lists contain less and do
 * not withdraw them.
 */
const TOLD_ONCE: readonly SuppressionReason[] = ['complained', 'compliance', 'forgotten', 'erased'];

export const isToldOnce = (reason: SuppressionReason): boolean => TOLD_ONCE.includes(reason);

/** Whether a stored refusal already covers what the target reports now. */
export function covers(held: Suppression, told: Suppression): boolean {
  if (held.channel !== told.channel) return false;
  if (isToldOnce(held.reason)) return true;
  return held.reason === told.reason && (held.presumed === true) === (told.presumed === true);
}

/** Whether the person was erased by our command: then nothing may be sent, on any channel. */
export const isErased = (suppressions: readonly Suppression[]): boolean =>
  suppressions.some(({ reason }) => reason === 'erased');

/** The only reasons that EMS's opt-in overrides under `ems-wins`. */
const OVERRULED: readonly SuppressionReason[] = ['unsubscribed', 'manual'];

/** The refusals that apply under the policy (setting CONSENT_POLICY). */
export function binding(suppressions: readonly Suppression[], policy: ConsentPolicy): readonly Suppression[] {
  return policy === 'ratchet' ? suppressions : suppressions.filter(({ reason }) => !OVERRULED.includes(reason));
}
