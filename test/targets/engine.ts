import type { Content } from '../../sync/content-hash.ts';
import type { EraseRequest, RemoteSystem, SendRequest, SendResult } from '../../targets/remote-system.ts';
import type { Known, Records } from './records.ts';
import type { More } from './results.ts';

/**
 * What the engine does with a marketing target: asks it, and keeps on record what came of it.
 *
 * @param connected the connection that a test has.
 * @param nobody content of a person of whom EMS knows nothing: a test names what matters to it.
 */
export function engineWith(records: Records, connected: () => RemoteSystem, nobody: Content) {
  const request = (key: string, content: Content, more: More = {}): SendRequest =>
    records.request(key, { ...nobody, ...content }, more);
  return {
    records,
    request,
    remote: connected,
    send: async (key: string, content: Content, more: More = {}, by = connected()): Promise<SendResult> =>
      records.note(key, await by.send(request(key, content, more))),
    sendMany: async (requests: readonly SendRequest[], by = connected()) => {
      const results = await by.bulk?.sendMany(requests);
      if (results === undefined) throw new Error('the target has no bulk calls');
      for (const [index, result] of results.entries())
        if (!(result instanceof Error)) records.note(requests[index]?.key ?? '', result);
      return results;
    },
    remove: (key: string, known: Known = {}) => connected().remove(records.about(key, known)),
    erase: (key: string, addresses: EraseRequest['addresses'], known: Known = {}) =>
      connected().erase?.({ ...records.about(key, known), addresses }),
    optOut: (key: string, channels: readonly ('email' | 'sms')[], addresses = {}, known: Known = {}) =>
      connected().optOut?.({ ...records.about(key, known), channels, addresses }),
  };
}
