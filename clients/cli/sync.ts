import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import { withParents } from '../parents.ts';
import { knownKeys } from '../find-pairs.ts';
import { askPairs } from './ask-pairs.ts';
import { processOf, typeNamed } from './names.ts';
import { complain } from './output.ts';
import { refusePaused } from './pause.ts';
import { enabledTarget, inSession, type Session } from './session.ts';
import type { WaitOptions } from './wait-options.ts';

/** `ems-sync sync` */
export async function sync(
  name: SyncProcessName,
  typeName: string,
  keys: readonly EntityKey[],
  options: WaitOptions,
): Promise<void> {
  const syncProcess = processOf(name);
  const type = typeNamed(typeName, [syncProcess]);
  await inSession(async (session) => {
    enabledTarget(session, syncProcess);
    await refusePaused(session, name);
    const known = await knownKeys(await session.database(), name, type, keys);
    const pairs = keys.map((key) => ({ process: name, type, key }));
    const asked = await withParents(
      await session.database(),
      syncProcess,
      pairs.filter(({ key }) => known.has(key)),
    );
    const unknown = pairs.filter(({ key }) => !known.has(key));
    if (!(await askPairs(session, asked, options, unknown))) process.exitCode = 1;
  });
}

/** The keys that EMS or a sync record has; the others are reported. */
export async function knownOnes(
  session: Session,
  { name }: SyncProcess,
  type: EntityType,
  keys: readonly EntityKey[],
): Promise<EntityKey[]> {
  const known = await knownKeys(await session.database(), name, type, keys);
  for (const key of keys.filter((one) => !known.has(one))) {
    complain(`EMS has no ${type} ${key}, and ${name} has no record of it`);
  }
  return keys.filter((key) => known.has(key));
}
