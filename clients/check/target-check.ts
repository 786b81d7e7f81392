import type { EnabledTarget } from '../../settings/read-settings.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { lookAt, type Check } from './look-at.ts';

/** Whether the target answers a call with our credentials. */
export function targetCheck({ target, settings }: EnabledTarget): Promise<Check> {
  const names = Object.keys(target.settings.shape).join(', ');
  return lookAt(target.process.name, async () => {
    const remote = target.connect(settings, unlimitedConnections('ratchet'));
    try {
      await remote.probe();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`${reason}. If it is up, check ${names}`, { cause: error });
    } finally {
      await remote.close?.();
    }
    return 'answers, and knows our credentials';
  });
}
