import { canonicalForm } from '../sync/canonical-form.ts';
import type { Content } from '../sync/content-hash.ts';

/** The fields that were read back with another value than was sent; what was not read is not compared. */
export function differingFields(sent: Content, stored: Content): string[] {
  return Object.keys(stored).filter(
    (name) => JSON.stringify(canonicalForm(sent[name])) !== JSON.stringify(canonicalForm(stored[name])),
  );
}
