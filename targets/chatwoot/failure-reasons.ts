import type { FailureMeanings } from '../../sync/failure-meaning.ts';

const ITSELF = 'None: it is retried by itself.';

export const chatwootFailures: FailureMeanings = {
  422: {
    says: 'ChatWoot rejects an attribute.',
    remedy: 'Correct the columns that the error names in EMS; the next sweep takes the row again.',
  },
  'HELD-BY-STRANGER': {
    says: "A contact that is nobody's in EMS has the address or phone number.",
    remedy: 'Merge the two contacts at ChatWoot: the error names them.',
  },
  'FOREIGN-IDENTIFIER': {
    says: 'The contact with the address has an identifier of another system.',
    remedy: 'Remove that identifier at ChatWoot, or change the address in EMS.',
  },
  TAKEN: {
    says: 'ChatWoot refuses a value as taken, and nobody is found with it.',
    remedy: 'None: its search may lag. If it lasts, look for a second e-mail address of a contact.',
  },
  'TOO-MANY-MESSAGES': { says: 'The conversation takes no more messages for now.', remedy: ITSELF },
  'NO-INBOX': { says: 'ChatWoot does not have the inbox.', remedy: 'Check CHATWOOT_INBOX_ID.' },
  'UNSAFE-INBOX': {
    says: 'Visitors could claim the identity of others in the inbox.',
    remedy: 'Do as the error says, or set CHATWOOT_TRUST_CONTACTS (docs/security.md).',
  },
  'NO-REFERENCE': { says: "A conversation was sent without its person's contact.", remedy: 'Report it.' },
};
