import type { ConsentPolicy } from '../sync/suppression.ts';
import type { SecretKey } from '../sync/derived-keys.ts';
import type { ConnectionServices } from './sync-process.ts';

/**
 * For programs that make one call at a time (`check`, `link`). Targets reserve room for them beside the workers'
 * connections.
 */
export function unlimitedConnections(
  consentPolicy: ConsentPolicy,
  keys: readonly SecretKey[] = [],
): ConnectionServices {
  return { consentPolicy, keys, withConnection: (_account, _connections, call) => call() };
}
