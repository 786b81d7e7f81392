import type { AskedStatus, Hold, Member, Source, Status } from './records.ts';
import type { Settings } from './settings.ts';

export interface Standing {
  readonly status: Status;
  readonly hold: Hold | null;
}

export type Decision =
  | { readonly kind: 'standing'; readonly standing: Standing }
  /** Somebody or something else than the API keeps the address from being mailed. */
  | { readonly kind: 'compliance' };

const standing = (status: Status, hold: Hold | null): Decision => ({ kind: 'standing', standing: { status, hold } });

/** A new member's. */
export const firstStanding = (status: AskedStatus, by: Source): Standing => ({
  status,
  hold: status === 'unsubscribed' ? holdOf(by) : status === 'cleaned' ? 'bounce' : null,
});

/**
 * What the API makes of a member that is asked to be `asked`. Consent goes one way: who unsubscribed, bounced or is
 * under review is asked to confirm (`pending`, the first of them only) or stays as it is.
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

/** Whose unsubscribe it is. */
export const holdOf = (by: Source): Hold => (by === 'user' ? 'member' : by);
