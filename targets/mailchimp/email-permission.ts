import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';

/**
 * The permission, in an audience with GDPR fields, that stands for consent to e-mail; recognised by Mailchimp's text.
 */
const EMAIL = /^\s*e-?mail\s*$/i;

interface Permission {
  readonly marketing_permission_id: string;
  readonly enabled: boolean;
}

/** The permission as part of a member's body; empty if there is none, or it is already set. */
export function emailPermission(
  { marketing_permissions }: Pick<Member, 'marketing_permissions'>,
  enabled: boolean,
): { readonly marketing_permissions?: readonly Permission[] } {
  const other = (marketing_permissions ?? []).filter((one) => EMAIL.test(one.text) && one.enabled !== enabled);
  if (other.length === 0) return {};
  const permissions = other.map(({ marketing_permission_id }) => ({ marketing_permission_id, enabled }));
  return { marketing_permissions: permissions };
}

/**
 * Sets the permission when EMS's consent creates a member, or the member is asked to confirm. Only the member shows the
 * permission's id, so it takes a separate call. Other members' permissions are not set: whoever withdrew one did so on
 * purpose.
 */
export async function givePermission(api: MailchimpApi, member: Member): Promise<void> {
  const change = emailPermission(member, true);
  if (change.marketing_permissions !== undefined) await api.changeMember(member, change);
}
