import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { meaningOf } from '../../targets/failure-meaning.ts';
import { countFailures, findFailures, type FailureGroup, type FoundFailure } from '../find-failures.ts';
import { visible } from '../visible-text.ts';
import { allProcesses, processOf, typeNamed } from './names.ts';
import { age, sayBlock, sayJson, table } from './output.ts';
import { inSession } from './session.ts';

export interface FailingOptions {
  readonly process?: SyncProcessName;
  readonly type?: string;
  readonly code?: string;
  readonly group?: 'code' | 'type' | 'process';
  readonly limit: number;
  readonly json?: true;
}

/** The rows with one code, type or process: its name. */
export interface Group {
  readonly name: string;
  readonly count: number;
  readonly failing: number;
  readonly parked: number;
}

/** `ems-sync failing`: which rows fail, and why. */
export async function failing({
  process,
  type: typeName,
  group,
  limit,
  json,
  ...wanted
}: FailingOptions): Promise<void> {
  const processes = process === undefined ? allProcesses() : [processOf(process)];
  const filter = {
    code: wanted.code?.toUpperCase(),
    type: typeName === undefined ? undefined : typeNamed(typeName, processes),
  };
  await inSession(async (session) => {
    const orm = await session.database();
    if (group === undefined) {
      const rows = await findFailures(orm, processes, filter, limit);
      if (json) sayJson(rows.map((row) => ({ ...row, ...meaningOf(row.code) })));
      else sayBlock(describeRows(rows, total(await countFailures(orm, processes, filter))));
      return;
    }
    const groups = groupFailures(await countFailures(orm, processes, filter), group);
    if (json)
      sayJson(
        groups.map(({ name, ...counts }) => ({
          [group]: name,
          ...counts,
          ...(group === 'code' ? meaningOf(name) : {}),
        })),
      );
    else sayBlock(describeGroups(groups, group));
  });
}

/** The largest first. */
export function groupFailures(counts: readonly FailureGroup[], by: 'code' | 'type' | 'process'): Group[] {
  return [...Map.groupBy(counts, (one) => one[by])]
    .map(([name, ofName]) => {
      const [failing, parked] = [sum(ofName, 'failing'), sum(ofName, 'parked')];
      return { name, count: failing + parked, failing, parked };
    })
    .toSorted((one, other) => other.count - one.count || (one.name < other.name ? -1 : 1));
}

const sum = (counts: readonly FailureGroup[], state: 'failing' | 'parked') =>
  counts.reduce((before, one) => before + one[state], 0);

const total = (counts: readonly FailureGroup[]) => sum(counts, 'failing') + sum(counts, 'parked');

/** The rows as an operator reads them: each with its code, and each code with its remedy. */
export function describeRows(rows: readonly FoundFailure[], all: number, now = Temporal.Now.instant()): string {
  if (rows.length === 0) return 'nothing fails, and nothing is parked';
  const lines = rows.map((row) => {
    const since = row.since === null ? null : Math.floor((now.epochMilliseconds - Date.parse(row.since)) / 1_000);
    const what = row.id === null ? `remote ${row.type} ${row.remoteId ?? ''}` : `${row.type}/${row.id}`;
    return [row.process, what, row.state.toLowerCase(), age(since === null ? null : Math.max(0, since)), row.code];
  });
  const remedies = [...new Set(rows.map(({ code }) => code))].map((code) => describeMeaning(code));
  const more = all > rows.length ? [`… and ${all - rows.length} more: --limit ${all}, or --group code`] : [];
  return [table(['process', 'row', 'state', 'since', 'code'], lines), ...more, '', ...remedies].join('\n');
}

/** The groups as an operator reads them. */
export function describeGroups(groups: readonly Group[], by: 'code' | 'type' | 'process'): string {
  if (groups.length === 0) return 'nothing fails, and nothing is parked';
  const rows = groups.map((group) => [group.name, group.failing, group.parked]);
  const text = table([by, 'failing', 'parked'], rows);
  return by === 'code' ? [text, '', ...groups.map(({ name }) => describeMeaning(name))].join('\n') : text;
}

function describeMeaning(code: string): string {
  const { says, remedy } = meaningOf(code);
  return `${visible(code)}: ${says}\n  ${remedy}`;
}
