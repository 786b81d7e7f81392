import type { FailureMeanings } from '../../sync/failure-meaning.ts';

export const mauticFailures: FailureMeanings = {
  400: {
    says: 'Mautic rejects a field of the contact.',
    remedy: 'Correct the columns that the error names in EMS; the next sweep takes the person again.',
  },
  401: {
    says: 'Mautic does not accept the log-in.',
    remedy: 'Check MAUTIC_USERNAME and MAUTIC_PASSWORD, or MAUTIC_CLIENT_ID and MAUTIC_CLIENT_SECRET.',
  },
  'MUST-BE-UNIQUE': {
    says: 'Several contacts at Mautic have the address.',
    remedy: 'Merge them at Mautic; then `npx ems-sync retry MAUTIC --code CODE`.',
  },
  'SEGMENT-UNPUBLISHED': {
    says: 'A segment that we fill is unpublished, and Mautic takes no members for it.',
    remedy: 'Publish it at Mautic: the error names it.',
  },
  REFUSED: { says: 'Mautic would not let the contact go.', remedy: 'None: it is retried by itself.' },
};
