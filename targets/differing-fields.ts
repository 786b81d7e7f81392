import { canonicalForm } from '../sync/canonical-form.ts';
import type { Content } from '../sync/content-hash.ts';

/** The fields that were read back with a value other than the one sent; fields that were not read are not compared. */
export function differingFields(sent: Content, stored: Content): string[] {
  return Object.keys(stored).filter(
    (name) => JSON.stringify(canonicalForm(sent[name])) !== JSON.stringify(canonicalForm(stored[name])),
  );
}
