import type { EntityKey, EntityRef, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import type { PairRef } from '../../workflows/pair-start.ts';
import { rowsThatFit, withDescendants, type RowFilter } from '../descendants.ts';
import { withParents } from '../parents.ts';
import { askInOrder } from './ask-in-order.ts';
import { CommandError } from './command-error.ts';
import { processOf, typeNamed } from './names.ts';
import { complain, say, sayJson } from './output.ts';
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
    const wentWell = await ask(session, syncProcess, { pairs, request: 'resend' }, options);
    if (!wentWell || known.length < keys.length) process.exitCode = 1;
  });
}

export interface ResyncOptions extends WaitOptions, RowFilter {
  readonly event?: EntityKey;
}

/** `ems-sync resync`: asks for a pass of all rows that fit, due or not. */
export async function resync(
  name: SyncProcessName,
  typeName: string | undefined,
  keys: readonly EntityKey[],
  { event, since, until, code, ...options }: ResyncOptions,
): Promise<void> {
  const syncProcess = processOf(name);
  const only = typeName === undefined ? undefined : typeNamed(typeName, [syncProcess]);
  const filter = filterOf({ since, until, code });
  if (only === undefined && event === undefined && Object.keys(filter).length === 0) {
    throw new CommandError(
      2,
      `say what: a type, ids, --event, --since, --until or --code; all of it is npx ems-sync sweep ${name} outbound`,
    );
  }
  await inSession(async (session) => {
    await ready(session, syncProcess);
    const all =
      event === undefined
        ? await rowsOf(session, syncProcess, { only, filter })
        : await within(session, syncProcess, { event, filter });
    const meant = all.filter(
      ({ type, key }) => (only === undefined || type === only) && (keys.length === 0 || keys.includes(key)),
    );
    if (meant.length === 0) {
      if (options.json) sayJson([]);
      else say('no row fits');
      return;
    }
    const request = options.resend === true ? 'resend' : 'outbound';
    if (!(await ask(session, syncProcess, { pairs: asPairs(name, meant), request }, options))) process.exitCode = 1;
  });
}

function filterOf({ since, until, code }: Pick<ResyncOptions, 'since' | 'until' | 'code'>): RowFilter {
  return {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(code === undefined ? {} : { code: code.toUpperCase() }),
  };
}

async function rowsOf(
  session: Session,
  { name, mappings }: SyncProcess,
  { only, filter }: { readonly only: EntityType | undefined; readonly filter: RowFilter },
): Promise<readonly EntityRef[]> {
  const orm = await session.database();
  const rows: EntityRef[] = [];
  for (const { type } of mappings.filter((mapping) => only === undefined || mapping.type === only)) {
    const keys = await rowsThatFit(orm, { process: name, type }, filter);
    rows.push(...keys.map((key) => ({ type, key })));
  }
  return rows;
}

/** What is below an event and fits. */
async function within(
  session: Session,
  syncProcess: SyncProcess,
  { event, filter }: { readonly event: EntityKey; readonly filter: RowFilter },
): Promise<readonly EntityRef[]> {
  if (syncProcess.mappings.every(({ type }) => type !== 'Event'))
    throw new CommandError(2, `${syncProcess.name} has no Event`);
  const all = await below(session, syncProcess, [{ type: 'Event', key: event }]);
  if (Object.keys(filter).length === 0) return all;
  const orm = await session.database();
  const kept: EntityRef[] = [];
  for (const [type, rows] of Map.groupBy(all, (row) => row.type)) {
    const fitting = new Set(await rowsThatFit(orm, { process: syncProcess.name, type }, filter));
    kept.push(...rows.filter(({ key }) => fitting.has(key)));
  }
  return kept;
}

async function ready(session: Session, syncProcess: SyncProcess): Promise<void> {
  enabledTarget(session, syncProcess);
  await refusePaused(session, syncProcess.name);
}

async function below(
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

const asPairs = (process: SyncProcessName, rows: readonly EntityRef[]): PairRef[] =>
  rows.map(({ type, key }) => ({ process, type, key }));

/** Type after type, in the order in which rows refer to each other. */
async function ask(
  session: Session,
  syncProcess: SyncProcess,
  { pairs, request }: { readonly pairs: readonly PairRef[]; readonly request: 'outbound' | 'resend' },
  options: WaitOptions,
): Promise<boolean> {
  const asked = await withParents(await session.database(), syncProcess, pairs);
  const order = syncProcess.mappings.map(({ type }) => type);
  const sorted = asked.toSorted((one, other) => order.indexOf(one.type) - order.indexOf(other.type));
  if (!options.json) complain(`${sorted.length} rows`);
  return askInOrder(
    session,
    sorted.map((pair) => ({ pair, request })),
    options,
  );
}
