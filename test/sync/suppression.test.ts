import { expect, test } from '@jest/globals';
import { binding, reasonsFromElsewhere, SUPPRESSION_REASONS, type Suppression } from '../../sync/suppression.ts';

const all: readonly Suppression[] = SUPPRESSION_REASONS.map((reason) => ({ channel: 'email', reason }));
const reasons = (suppressions: readonly Suppression[]) => suppressions.map(({ reason }) => reason);

test('under ratchet every refusal holds', () => {
  expect(reasons(binding(all, 'ratchet'))).toEqual(SUPPRESSION_REASONS);
});

test('under ems-wins an opt-in of EMS overrides an unsubscription, and no bounce, complaint, erasure or refusal by the target', () => {
  expect(reasons(binding(all, 'ems-wins'))).toEqual(
    SUPPRESSION_REASONS.filter((reason) => reason !== 'unsubscribed' && reason !== 'manual'),
  );
});

test('what concerns the address or the person counts at every target; who has unsubscribed, where the scope says so', () => {
  const everywhere = ['bounced', 'complained', 'erased', 'forgotten'];
  expect(reasonsFromElsewhere('target').toSorted()).toEqual(everywhere);
  expect(reasonsFromElsewhere('organisation').toSorted()).toEqual(
    [...everywhere, 'compliance', 'unsubscribed'].toSorted(),
  );
});
