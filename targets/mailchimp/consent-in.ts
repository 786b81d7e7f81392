import type { SuppressionReason } from '../../sync/suppression.ts';

/** What a refusal's title says about consent; null if it is about something else. */
export function consentIn(title: string): SuppressionReason | null {
  if (/compliance/i.test(title)) return 'compliance';
  return /forgotten/i.test(title) ? 'forgotten' : null;
}
