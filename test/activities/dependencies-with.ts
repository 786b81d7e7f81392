import type { Dependencies } from '../../activities/dependencies.ts';

/** Everything at its default; tests of one setting give their own. */
export function dependenciesWith(
  own: Pick<Dependencies, 'orm' | 'processes' | 'locks'> & Partial<Dependencies>,
): Dependencies {
  return {
    settleMs: 0,
    keys: [Buffer.alloc(32, 7)],
    conflictScope: 'entity',
    consentPolicy: 'ratchet',
    consentScope: 'target',
    missingLimit: { count: 10, share: 5 },
    brakeLimits: { delete: { count: 100, share: 10 }, update: { count: 1_000, share: 30 } },
    retentionDays: 180,
    journalDays: 30,
    assertOwnAccount: async () => {},
    ...own,
  };
}
