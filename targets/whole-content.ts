import type { Content } from '../sync/content-hash.ts';
import type { RemoteRecord } from './inbound-source.ts';

/**
 * A record's content and that of the records that came with it: what decides whether EMS gets a row from it. A registration may
 * be nobody's because of its person.
 */
export function wholeContent({ content, related }: RemoteRecord): Content {
  return related.length === 0 ? content : { ...content, related: related.map((one) => one.content) };
}
