import type { Content } from '../sync/content-hash.ts';
import type { RemoteRecord } from './inbound-source.ts';

/**
 * The content of a record and of its related records, which decides whether EMS creates a row from it. A registration
 * may be rejected because of its person.
 */
export function wholeContent({ content, related }: RemoteRecord): Content {
  return related.length === 0 ? content : { ...content, related: related.map((one) => one.content) };
}
