import type { AskedStatus, Hold, Member, Source, Status } from './records.ts';
import type { Settings } from './settings.ts';

export interface Standing {
  readonly status: Status;
  readonly hold: Hold | null;
}

export type Decision =
  | { readonly kind: 'standing'; readonly standing: Standing }
  /** Someone or something other than the API blocks mail to the address. */
  | { readonly kind: 'compliance' };

const standing = (status: Status, hold: Hold | null): Decision => ({ kind: 'standing', standing: { status, hold } });

/** The status of a new member. */
export const firstStanding = (status: AskedStatus, by: Source): Standing => ({
  status,
  hold: status === 'unsubscribed' ? holdOf(by) : status === 'cleaned' ? 'bounce' : null,
});

/**
 * The result when the API asks for status `asked`. Consent only goes one way: a member that unsubscribed, bounced or is
 * under review is asked to confirm (`pending`, only if it unsubscribed) or stays unchanged.
 */
export function decideStatus(member: Member, asked: AskedStatus, settings: Settings): Decision {
  const reviewed = member.hold === 'compliance';
  if (asked === member.status && !reviewed) return standing(member.status, member.hold);
  switch (asked) {
    case 'subscribed':
      return mayBeSubscribed(member, settings) ? standing('subscribed', null) : { kind: 'compliance' };
    case 'pending':
      return isUnsubscribedAtMost(member.hold) ? standing('pending', member.hold) : { kind: 'compliance' };
    case 'unsubscribed':
      return standing('unsubscribed', member.hold ?? 'api');
    case 'cleaned':
      return standing('cleaned', reviewed ? 'compliance' : 'bounce');
    case 'transactional':
      return standing('transactional', member.hold);
  }
}

function mayBeSubscribed({ hold }: Member, settings: Settings): boolean {
  switch (hold) {
    case null:
      return true;
    case 'api':
      return settings.apiMayUndoItsUnsubscribe;
    case 'admin':
      return !settings.adminUnsubscribeIsCompliance;
    case 'member':
    case 'bounce':
    case 'compliance':
      return false;
  }
}

const isUnsubscribedAtMost = (hold: Hold | null): boolean => hold !== 'bounce' && hold !== 'compliance';

/** Who unsubscribed the member. */
export const holdOf = (by: Source): Hold => (by === 'user' ? 'member' : by);
