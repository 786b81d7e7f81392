import { agreementBetween, isAnother, type IdentityGroups } from '../sync/identity.ts';
import type { Content } from '../sync/content-hash.ts';
import type { SendRequest } from './remote-system.ts';

/**
 * Whether the target's record with a row's EMS id belongs to another row: no identifying field agrees with what is to
 * be sent. If an earlier attempt started to create the row, one group of fields may differ, because EMS may have
 * changed it since.
 *
 * @param stored the target's values, in the mapping's fields.
 */
export function isAnothers(
  groups: IdentityGroups,
  { content, begun = false }: Pick<SendRequest, 'content' | 'begun'>,
  stored: Content,
): boolean {
  return isAnother(groups, agreementBetween(content, stored), begun ? 2 : 1);
}
