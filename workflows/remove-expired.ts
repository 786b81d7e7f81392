import type { SyncActivities } from '../activities/index.ts';
import { retentionActivities } from './activity-proxies.ts';

/** Once a day, started by the schedule of the installation. @returns how many rows of each kind were removed. */
export async function removeExpired(): ReturnType<SyncActivities['removeExpired']> {
  return retentionActivities.removeExpired();
}
