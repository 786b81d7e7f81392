import type { EntityKey, EntityRef } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import type { PairRef } from '../../workflows/pair-start.ts';
import { withDescendants } from '../descendants.ts';
import { withParents } from '../parents.ts';
import { askInOrder } from './ask-in-order.ts';
import { processOf, typeNamed } from './names.ts';
import { complain } from './output.ts';
import { refusePaused } from './pause.ts';
import { enabledTarget, inSession, type Session } from './session.ts';
import { knownOnes } from './sync.ts';
import type { WaitOptions } from './wait-options.ts';

/** `ems-sync resend`: rows in full, whatever the records say. */
export async function resend(
  name: SyncProcessName,
  typeName: string,
  keys: readonly EntityKey[],
  { withChildren, ...options }: WaitOptions & { readonly withChildren?: true },
): Promise<void> {
  const syncProcess = processOf(name);
  const type = typeNamed(typeName, [syncProcess]);
  await inSession(async (session) => {
    await ready(session, syncProcess);
    const known = await knownOnes(session, syncProcess, type, keys);
    const rows = known.map((key) => ({ type, key }));
    const pairs = withChildren === true ? await below(session, syncProcess, rows) : asPairs(name, rows);
    const wentWell = await ask(session, syncProcess, pairs, options);
    if (!wentWell || known.length < keys.length) process.exitCode = 1;
  });
}

/** @throws CommandError if the process is off or paused. */
export async function ready(session: Session, syncProcess: SyncProcess): Promise<void> {
  enabledTarget(session, syncProcess);
  await refusePaused(session, syncProcess.name);
}

/** Rows with everything of the process below them. */
export async function below(
  session: Session,
  syncProcess: SyncProcess,
  rows: readonly EntityRef[],
): Promise<readonly PairRef[]> {
  const orm = await session.database();
  const all = new Map<string, PairRef>();
  for (const row of rows)
    for (const pair of await withDescendants(orm, syncProcess, row)) all.set(`${pair.type}/${pair.key}`, pair);
  return [...all.values()];
}

export const asPairs = (process: SyncProcessName, rows: readonly EntityRef[]): PairRef[] =>
  rows.map(({ type, key }) => ({ process, type, key }));

/** Type after type, in the order in which rows refer to each other. */
async function ask(
  session: Session,
  syncProcess: SyncProcess,
  pairs: readonly PairRef[],
  options: WaitOptions,
): Promise<boolean> {
  const asked = await withParents(await session.database(), syncProcess, pairs);
  const order = syncProcess.mappings.map(({ type }) => type);
  const sorted = asked.toSorted((one, other) => order.indexOf(one.type) - order.indexOf(other.type));
  if (!options.json) complain(`${sorted.length} rows`);
  return askInOrder(
    session,
    sorted.map((pair) => ({ pair, request: 'resend' })),
    options,
  );
}
