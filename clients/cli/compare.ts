import type { Difference, DifferingRecord } from '../../sync/compared-record.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import { compareProcess } from '../dry-run/compare-process.ts';
import { visible } from '../visible-text.ts';
import { keyArgument } from './arguments.ts';
import { askQuietly } from './ask-in-order.ts';
import { isDone } from './ask-pairs.ts';
import { CommandError } from './command-error.ts';
import { processOf, typeNamed } from './names.ts';
import { complain, say, sayBlock, sayJson, table } from './output.ts';
import { refusePaused } from './pause.ts';
import { enabledTarget, inSession, type Session } from './session.ts';

export interface CompareCommandOptions {
  readonly repair?: true;
  /** `Person/4711` */
  readonly from?: string;
  readonly timeout: number;
  readonly json?: true;
}

const SHOWN = 20;
const PROGRESS_MS = 10_000;
const DIFFERENCES: readonly Difference[] = ['missing', 'different', 'merged', 'extra'];

type Counts = Record<Difference | 'compared', number>;

/** `ems-sync compare`: exit code 1 if something differs, unless it was repaired. */
export async function compare(
  name: SyncProcessName,
  typeNames: readonly string[],
  { repair, from, ...options }: CompareCommandOptions,
): Promise<void> {
  const syncProcess = processOf(name);
  const asked = typeNames.map((type) => typeNamed(type, [syncProcess]));
  const start = from === undefined ? null : placeIn(from, syncProcess);
  const all = syncProcess.mappings.filter(({ childOf }) => childOf === null).map(({ type }) => type);
  const wanted = all.filter((type) => asked.length === 0 || asked.includes(type));
  const types = start === null ? wanted : wanted.slice(Math.max(0, wanted.indexOf(start.type)));
  await inSession(async (session) => {
    const enabled = enabledTarget(session, syncProcess);
    await session.database();
    if (repair === true) await refusePaused(session, name);
    const counts: Partial<Record<EntityType, Counts>> = {};
    const differing: DifferingRecord[] = [];
    let place = '';
    try {
      await compareProcess({
        common: session.settings.common,
        enabled,
        types,
        from: start?.key ?? null,
        onPage: ({ type, compared, differing: found, upTo }) => {
          const ofType = (counts[type] ??= { compared: 0, missing: 0, different: 0, merged: 0, extra: 0 });
          ofType.compared += found.every(({ difference }) => difference !== 'extra') ? compared : 0;
          for (const one of found) ofType[one.difference] += 1;
          differing.push(...found);
          if (upTo !== null) place = `${type}/${upTo}`;
          tell(counts, place);
        },
      });
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      const goOn = place === '' ? '' : `; to go on there: npx ems-sync compare ${name} --from ${place}`;
      throw new CommandError(1, `${error.message}${goOn}`, { cause: error });
    }
    const isRepaired = repair === true && (await repaired(session, syncProcess, differing, options));
    if (options.json) sayJson({ process: name, counts, differing, repaired: isRepaired });
    else show(name, { counts, differing, isRepair: repair === true, isRepaired });
    if (differing.length > 0 && !isRepaired) process.exitCode = 1;
  });
}

let toldAt = Date.now();

/** A line on standard error now and then. */
function tell(counts: Partial<Record<EntityType, Counts>>, place: string): void {
  if (Date.now() - toldAt < PROGRESS_MS) return;
  toldAt = Date.now();
  const compared = Object.values(counts).reduce((sum, one) => sum + one.compared, 0);
  complain(`${compared} compared${place === '' ? '' : `, up to ${place}`}`);
}

/** What is read back is read first, so that what was changed there is not lost. Orphans have no pass. */
async function repaired(
  session: Session,
  { name, directions, mappings }: SyncProcess,
  differing: readonly DifferingRecord[],
  { timeout }: { readonly timeout: number },
): Promise<boolean> {
  const isReadBack = directions.includes('inbound') && mappings.some(({ inbound }) => inbound !== null);
  const asked = differing
    .filter(({ isOrphan }) => isOrphan !== true)
    .map(({ type, key }) => ({
      pair: { process: name, type, key },
      request: isReadBack ? ('inbound' as const) : ('resend' as const),
    }));
  if (asked.length === 0) return differing.length === 0;
  const wentWell = (await askQuietly(session, asked, timeout)).every(isDone);
  return wentWell && asked.length === differing.length;
}

function show(
  process: SyncProcessName,
  {
    counts,
    differing,
    isRepair,
    isRepaired,
  }: {
    readonly counts: Partial<Record<EntityType, Counts>>;
    readonly differing: readonly DifferingRecord[];
    readonly isRepair: boolean;
    readonly isRepaired: boolean;
  },
): void {
  const rows = Object.entries(counts).map(([type, of]) => [type, of.compared, ...DIFFERENCES.map((one) => of[one])]);
  if (rows.length > 0) sayBlock(table(['type', 'compared', ...DIFFERENCES], rows));
  for (const { type, key, difference, fields = [], isOrphan } of differing.slice(0, SHOWN)) {
    const which = fields.length === 0 ? '' : `: ${fields.join(', ')}`;
    const orphan = isOrphan === true ? ': EMS has no such row; take it off at the target' : '';
    say(visible(`${difference} ${type}/${key}${which}${orphan}`));
  }
  if (differing.length > SHOWN) say(`… and ${differing.length - SHOWN} more: --json has all`);
  if (differing.length === 0) say('nothing differs');
  else if (!isRepair) say(`to repair: npx ems-sync compare ${process} --repair`);
  else say(isRepaired ? 'repaired' : `not all of it is repaired: npx ems-sync failing --process ${process}`);
}

function placeIn(text: string, process: SyncProcess) {
  const [type = '', key = ''] = text.split('/');
  return { type: typeNamed(type, [process]), key: keyArgument(key) };
}
