import type { Content } from '../../sync/content-hash.ts';
import { isEntityKey } from '../../sync/entity-type.ts';
import type { HeldRecords } from '../remote-system.ts';
import type { TagServerApi } from './api.ts';
import { resource } from './resources.ts';

/** Set at check-in or by the referee: TagServer's own while EMS still has registered. */
export const isTagServerStatus = (status: unknown): boolean => status === 'checked-in' || status === 'dsq';

/** TagServer stores a row's content as it was sent. */
export function heldAtTagServer(api: TagServerApi): HeldRecords {
  return {
    read: async ({ type, key, content }) => {
      const stored = await api.get(resource(type), key);
      if (stored === null) return null;
      const { status, ...others } = stored.data as Content;
      const isOwn = content['status'] === 'registered' && isTagServerStatus(status);
      const held = isOwn || status === undefined ? others : { status, ...others };
      return { remoteId: key, emsKey: key, content: held };
    },
    list: async (type, page) => {
      const { ids, next } = await api.list(resource(type), page);
      // Other clients of TagServer may name their resources freely.
      return { records: ids.map((id) => ({ remoteId: id, emsKey: isEntityKey(id) ? id : null })), next };
    },
  };
}
