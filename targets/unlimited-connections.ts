import type { ConsentPolicy } from '../sync/suppression.ts';
import type { ConnectionServices } from './sync-process.ts';

/**
 * For programs that make one call at a time (`check`, `link`). Targets reserve room for them beside the workers'
 * connections.
 */
export function unlimitedConnections(consentPolicy: ConsentPolicy): ConnectionServices {
  return { consentPolicy, withConnection: (_account, _connections, call) => call() };
}
