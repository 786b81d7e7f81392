import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import type { Released, ReleaseRequest } from '../remote-system.ts';
import type { MailchimpApi } from './api.ts';
import { ownRefusals } from './read-member.ts';
import { recordedMember } from './recorded-member.ts';
import { subscriberHash } from './subscriber-hash.ts';

/**
 * At Mailchimp a member is identified by its address. If EMS has given the address to another person, the member now
 * belongs to that person. Refusals are reported first, because they also count for this person.
 */
export async function releaseValues(api: MailchimpApi, request: ReleaseRequest): Promise<Released | null> {
  const { remoteId, content, wanted } = request;
  if (remoteId === null || hashIn(content) === remoteId) return null;
  if (!wanted.some((other) => hashIn(other) === remoteId)) return null;
  const member = await recordedMember(api, request);
  await request.willRelease();
  if (member === null) return { kind: 'record' };
  return {
    kind: 'record',
    left: { addresses: { email: member.email_address }, refusals: ownRefusals(request, member) },
  };
}

function hashIn({ email }: Content): string | null {
  const address = canonicalForm(email);
  return typeof address === 'string' ? subscriberHash(address) : null;
}
