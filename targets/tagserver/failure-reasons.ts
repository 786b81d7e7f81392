import type { FailureMeanings } from '../../sync/failure-meaning.ts';

/** The same whether EMS's data or TagServer's answer shows it. */
export const DUPLICATE_BIB = '409-duplicate-bib';
export const DUPLICATE_TAG = '409-duplicate-tag';

const IN_EMS = 'Correct the field that the error names in EMS; the next sweep takes the row again.';

export const tagServerFailures: FailureMeanings = {
  '409-DUPLICATE-BIB': {
    says: 'Two participants of one race have the same bib.',
    remedy: 'Give one of the two another bib in EMS (event_participant.bib); the error names the other one.',
  },
  '409-DUPLICATE-TAG': {
    says: 'Two tags of one event have the same code.',
    remedy: 'Give one of the two another code in EMS (tag.code); the error names the other one.',
  },
  '409-HAS-DEPENDENTS': {
    says: 'Resources at TagServer still refer to it.',
    remedy: 'None: it leaves after them. If another client made them, delete them there.',
  },
  '422-INVALID-DATA': { says: 'TagServer rejects a field.', remedy: IN_EMS },
  '400-INVALID-JSON': { says: 'TagServer cannot read what was sent.', remedy: 'Report it.' },
  '401-UNAUTHORISED': { says: 'TagServer does not accept the token.', remedy: 'Check TAGSERVER_TOKEN.' },
  '403-FORBIDDEN': { says: 'The token may not write.', remedy: 'Check TAGSERVER_TOKEN.' },
  '422-UNKNOWN-REFERENCE': {
    says: 'It refers to what TagServer does not have.',
    remedy: 'None: what it refers to is sent first. If it lasts: `npx ems-sync why TYPE ID`.',
  },
  '429-RATE-LIMITED': { says: 'TagServer asks us to call less often.', remedy: 'None: it is retried by itself.' },
  '503-UNAVAILABLE': { says: 'TagServer is unavailable.', remedy: 'None: it is retried by itself.' },
  'PRECONDITION-FAILED': { says: 'Another client changed the resource meanwhile.', remedy: 'None: it is retried.' },
};
