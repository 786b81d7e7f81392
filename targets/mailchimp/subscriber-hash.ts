import { createHash } from 'node:crypto';
import { canonicalText } from '../../sync/canonical-form.ts';

/**
 * Mailchimp's id of a member: MD5 of the lower-case address. Personal data, because a guessed address can be verified
 * with it.
 */
export function subscriberHash(email: string): string {
  return createHash('md5')
    .update((canonicalText(email) ?? '').toLowerCase())
    .digest('hex');
}
