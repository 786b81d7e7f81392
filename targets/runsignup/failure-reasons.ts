import type { FailureMeanings } from '../../sync/failure-meaning.ts';
import { ERROR_MEANINGS } from './error-table.ts';

const REMEDIES = {
  rejected: 'Correct the field that the error names in EMS, or at RunSignup if it owns it.',
  'target-down': 'Check RUNSIGNUP_API_KEY and its rights.',
  transient: 'None: it is retried by itself.',
} as const;

const vendors = Object.fromEntries(
  ERROR_MEANINGS.map(({ number, errorClass, says }) => [
    `ERROR-${number}`,
    { says: `RunSignup: ${says}.`, remedy: REMEDIES[errorClass] },
  ]),
);

const LINK = '`npx ems-sync link RUNSIGNUP Event ID REMOTE_ID`';

export const runSignupFailures: FailureMeanings = {
  ...vendors,
  'NOT-LINKED': { says: 'Its event is linked to no race of RunSignup.', remedy: LINK },
  'NO-REGISTRATION': {
    says: 'The person has no active registration that RunSignup could take its data by.',
    remedy: 'None needed, unless RunSignup should have the person: register it there.',
  },
  'NO-SUCH-EVENT': {
    says: 'The race of RunSignup has no event with this name and start.',
    remedy: 'Create it there, or set RUNSIGNUP_CREATE_RACES=true.',
  },
  AMBIGUOUS: { says: 'Several records of RunSignup could be the row.', remedy: 'Link one: `npx ems-sync link`.' },
  INCOMPLETE: { says: 'A race needs a name and a start.', remedy: 'Enter them in EMS (race.name, race.starts_on).' },
  'REMOTE-ID': { says: 'The remote id has not the form of its type.', remedy: 'Link it again: `npx ems-sync link`.' },
  'EVENTS-LOST': { says: 'RunSignup lost events of a race in an edit.', remedy: 'Tell RunSignup; restore them there.' },
  TRANSFERRED: { says: 'The registration was transferred.', remedy: 'None: the next poll follows it.' },
  TRANSFERS: { says: 'The transfers of a registration have no end.', remedy: 'Tell RunSignup.' },
};
