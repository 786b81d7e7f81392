import type { EntityKey, EntityRef, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import { rowsThatFit, type RowFilter } from '../descendants.ts';
import { withParents } from '../parents.ts';
import { askInOrder } from './ask-in-order.ts';
import { CommandError } from './command-error.ts';
import { processOf, typeNamed } from './names.ts';
import { complain, say, sayJson } from './output.ts';
import { asPairs, below, ready } from './resend.ts';
import { inSession, type Session } from './session.ts';
import type { WaitOptions } from './wait-options.ts';

export interface ResyncOptions extends WaitOptions, RowFilter {
  readonly event?: EntityKey;
}

/** Rows that are read, asked and reported together. Only `--json`, one document, keeps all answers until the end. */
const PAGE_SIZE = 1_000;

/** `ems-sync resync`: asks for a pass of all rows that fit, due or not. */
export async function resync(
  name: SyncProcessName,
  typeName: string | undefined,
  keys: readonly EntityKey[],
  { event, since, until, code, ...options }: ResyncOptions,
): Promise<void> {
  const syncProcess = processOf(name);
  const only = typeName === undefined ? undefined : typeNamed(typeName, [syncProcess]);
  const filter = { ...filterOf({ since, until, code }), ...(keys.length === 0 ? {} : { keys }) };
  if (only === undefined && event === undefined && Object.keys(filter).length === 0) {
    throw new CommandError(
      2,
      `say what: a type, ids, --event, --since, --until or --code; all of it is npx ems-sync sweep ${name} outbound`,
    );
  }
  if (event !== undefined && syncProcess.mappings.every(({ type }) => type !== 'Event'))
    throw new CommandError(2, `${name} has no Event`);
  await inSession(async (session) => {
    await ready(session, syncProcess);
    const told: unknown[] = [];
    const tellJson = (some: readonly unknown[]) => void told.push(...some);
    const meant = { only, filter };
    const pages =
      event === undefined
        ? pagesOf(session, syncProcess, meant)
        : pagesWithin(session, syncProcess, { event, ...meant });
    let count = 0;
    for await (const page of pages) {
      const pairs = await withParents(await session.database(), syncProcess, asPairs(name, page));
      count += pairs.length;
      if (!options.json) complain(`${count} rows`);
      const request = options.resend === true ? ('resend' as const) : ('outbound' as const);
      const asked = pairs.map((pair) => ({ pair, request }));
      if (!(await askInOrder(session, asked, options, { tellJson }))) process.exitCode = 1;
    }
    if (options.json) sayJson(told);
    else if (count === 0) say('no row fits');
  });
}

function filterOf({ since, until, code }: Pick<ResyncOptions, 'since' | 'until' | 'code'>): RowFilter {
  return {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(code === undefined ? {} : { code: code.toUpperCase() }),
  };
}

interface Meant {
  /** Left out: every type of the process. */
  readonly only: EntityType | undefined;
  readonly filter: RowFilter;
}

/** Type after type, in the order in which rows refer to each other. */
async function* pagesOf(
  session: Session,
  { name, mappings }: SyncProcess,
  { only, filter }: Meant,
): AsyncGenerator<readonly EntityRef[]> {
  const orm = await session.database();
  for (const { type } of mappings.filter((mapping) => only === undefined || mapping.type === only)) {
    let after: EntityKey | null = null;
    do {
      const keys: readonly EntityKey[] = await rowsThatFit(orm, { process: name, type }, filter, {
        after,
        limit: PAGE_SIZE,
      });
      if (keys.length > 0) yield keys.map((key) => ({ type, key }));
      after = keys.length < PAGE_SIZE ? null : (keys.at(-1) ?? null);
    } while (after !== null);
  }
}

/** What is below an event and fits. */
async function* pagesWithin(
  session: Session,
  syncProcess: SyncProcess,
  { event, only, filter }: Meant & { readonly event: EntityKey },
): AsyncGenerator<readonly EntityRef[]> {
  const orm = await session.database();
  const { name } = syncProcess;
  const { keys: asked } = filter;
  const all = await below(session, syncProcess, [{ type: 'Event', key: event }]);
  for (const [type, rows] of Map.groupBy(all, (row) => row.type)) {
    if (only !== undefined && type !== only) continue;
    const meant = rows.map(({ key }) => key).filter((key) => asked === undefined || asked.includes(key));
    for (let from = 0; from < meant.length; from += PAGE_SIZE) {
      const keys = meant.slice(from, from + PAGE_SIZE);
      const fitting = await rowsThatFit(
        orm,
        { process: name, type },
        { ...filter, keys },
        { after: null, limit: PAGE_SIZE },
      );
      if (fitting.length > 0) yield fitting.map((key) => ({ type, key }));
    }
  }
}
