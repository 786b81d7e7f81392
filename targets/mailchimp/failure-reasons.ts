import type { FailureMeanings } from '../../sync/failure-meaning.ts';

const ITSELF = 'None: it is retried by itself.';
const ADDRESS = 'Correct the e-mail address in EMS (person.email), or leave it: the person is no member then.';

export const mailchimpFailures: FailureMeanings = {
  '400-BAD-REQUEST': {
    says: 'MailChimp rejects the member.',
    remedy: 'Correct the columns that the error names in EMS.',
  },
  '400-INVALID-RESOURCE': {
    says: 'MailChimp rejects a field, or takes the address for a fake.',
    remedy: ADDRESS,
  },
  '400-FORGOTTEN-EMAIL-NOT-SUBSCRIBED': {
    says: 'The address was deleted permanently at MailChimp, which takes it back only from the person.',
    remedy: "The person subscribes by one of MailChimp's own forms.",
  },
  '400-MEMBER-IN-COMPLIANCE-STATE': {
    says: 'The address unsubscribed, bounced or complained, and MailChimp keeps that.',
    remedy: "The person subscribes by one of MailChimp's own forms.",
  },
  '400-MEMBER-EXISTS': { says: 'MailChimp has a member with the address already.', remedy: ITSELF },
  '400-RESOURCE-NOT-FOUND': { says: 'MailChimp has no such member.', remedy: ITSELF },
  '400-METHOD-NOT-ALLOWED': { says: 'MailChimp does not let the member be changed so.', remedy: ITSELF },
  'MANY-SIGN-UPS': { says: 'The address signed up to many lists lately.', remedy: 'None: it may join in some hours.' },
  'TAGS-NOT-KEPT': { says: 'MailChimp does not show the tags that were set.', remedy: ITSELF },
  'NOT-ARCHIVED': { says: 'MailChimp has not archived the member.', remedy: ITSELF },
};
