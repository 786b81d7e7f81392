import { COMMON_MEANINGS, type FailureMeaning } from '../sync/failure-meaning.ts';
import { TARGETS } from './index.ts';

/** What a code means; codes that no table has are explained by their status. */
export function meaningOf(code: string): FailureMeaning {
  const at = code.indexOf('-');
  const own = TARGETS.find(({ process }) => process.name === code.slice(0, at))?.process.failures ?? {};
  const suffix = code.slice(at + 1);
  const found = own[suffix] ?? COMMON_MEANINGS[suffix] ?? COMMON_MEANINGS[`${suffix.slice(0, 1)}XX`];
  return found ?? UNKNOWN;
}

const UNKNOWN: FailureMeaning = {
  says: 'A failure that this release does not know.',
  remedy: 'See npx ems-sync why TYPE ID.',
};
