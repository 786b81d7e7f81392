import type { Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';

/** Of an audience with GDPR fields: the permission that a yes to e-mail is, by the text that Mailchimp gives it. */
const EMAIL = /^\s*e-?mail\s*$/i;

interface Permission {
  readonly marketing_permission_id: string;
  readonly enabled: boolean;
}

/** As a part of a member's body; nothing where there is no such permission, or it is so already. */
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
 * With EMS's yes that makes a member, or that the member is asked to confirm: its id is told by the member alone, so it takes a
 * call of its own. Nobody else's is given: who has taken it away has done so on purpose.
 */
export async function givePermission(api: MailchimpApi, member: Member): Promise<void> {
  const change = emailPermission(member, true);
  if (change.marketing_permissions !== undefined) await api.changeMember(member, change);
}
