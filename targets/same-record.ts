import { agreementBetween, isAnother, type IdentityGroups } from '../sync/identity.ts';
import type { Content } from '../sync/content-hash.ts';
import type { SendRequest } from './remote-system.ts';

/**
 * Whether what a target has under a row's EMS id is another row's: nothing that identifies it agrees with what is to be sent. If
 * an earlier attempt has begun to create the row, one field may differ: EMS may have changed it since.
 *
 * @param stored what the target has, in the mapping's fields.
 */
export function isAnothers(
  groups: IdentityGroups,
  { content, begun = false }: Pick<SendRequest, 'content' | 'begun'>,
  stored: Content,
): boolean {
  return isAnother(groups, agreementBetween(content, stored), begun ? 2 : 1);
}
