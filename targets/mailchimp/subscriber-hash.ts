import { createHash } from 'node:crypto';
import { canonicalText } from '../../sync/canonical-form.ts';

/** Mailchimp's id of a member: MD5 of the address in lower case. Personal data: whoever guesses the address can tell. */
export function subscriberHash(email: string): string {
  return createHash('md5')
    .update((canonicalText(email) ?? '').toLowerCase())
    .digest('hex');
}
