import type { DueReason } from '../../database/detection/due-query.ts';
import type { EntityKey, EntityRef } from '../../sync/entity-type.ts';
import { describePause } from '../../sync/pause.ts';
import { describeSuppressions } from '../../sync/suppression.ts';
import { readTimeline, type Happening } from '../timeline.ts';
import { explain, type Explanation } from '../why.ts';
import { unlinkedReason } from '../../sync/judge-outbound.ts';
import { meaningOf } from '../../targets/failure-meaning.ts';
import { CommandError } from './command-error.ts';
import { processesWith, typeNamed } from './names.ts';
import { sayBlock, sayJson } from './output.ts';
import { visible } from '../visible-text.ts';
import { inSession } from './session.ts';

const REASONS: Readonly<Record<DueReason, string>> = {
  new: 'it was never delivered',
  restored: 'EMS has it again',
  filter: 'it passes the filter again',
  unconfirmed: 'the result of an attempt is not confirmed',
  changed: 'EMS has changed it',
  sources: 'a row that its mapping reads has changed',
  mapping: 'the mapping has changed',
  values: 'what it may share with other rows is to be looked at again',
  awaited: 'what it waited for has arrived',
  'unread-answer':
    'parked because of an answer that could not be read: tried again every hour, and by each new version',
  deleted: 'EMS has deleted it',
  'filtered-out': 'it no longer passes the filter',
};

/** While the workflow retries, no other reason matters. */
const STILL_FAILING = 'its attempts fail, and are being retried';

/** `ems-sync why` */
export async function why(typeName: string, key: EntityKey, { json }: { readonly json?: true }): Promise<void> {
  const type = typeNamed(typeName);
  await inSession(async (session) => {
    const [orm, client] = await Promise.all([session.database(), session.temporal()]);
    const { common, enabled } = session.settings;
    const explanations: Explanation[] = [];
    for (const syncProcess of processesWith(type)) {
      const explanation = await explain({ orm, client, settings: common }, syncProcess, { type, key });
      // Leave out a disabled process, unless it has a record from when it was enabled.
      const isOn = enabled.some(({ target }) => target.process.name === syncProcess.name);
      if (isOn || explanation.record !== null) explanations.push(explanation);
    }
    if (explanations.every(({ inEms, record }) => !inEms && record === null)) {
      throw new CommandError(1, `EMS has no ${type} ${key}, and no process has a record of it`);
    }
    const timeline = await readTimeline(orm, { type, key });
    if (json) {
      sayJson({ type, id: key, processes: explanations, timeline });
      return;
    }
    for (const explanation of explanations) sayBlock(describeExplanation({ type, key }, explanation));
    sayBlock(describeTimeline(timeline));
  });
}

/** Describes in lines what one process did with an entity. */
export function describeExplanation({ type, key }: EntityRef, explanation: Explanation): string {
  const { process, inEms, modifiedOn, pausedOn, due, record, workflow, keepsRemoteId, refused } = explanation;
  const lines = [
    ['EMS', inEms ? `has it, last changed ${modifiedOn}` : 'has no such row'],
    ...(inEms ? filterLines(explanation) : []),
    ['due', due === null ? 'no' : `yes: ${record?.state === 'FAILING' ? STILL_FAILING : REASONS[due]}`],
    ...(pausedOn === null ? [] : [['paused', describePause({ process, pausedOn })]]),
    ...(refused.length === 0 ? [] : [['refused', describeSuppressions(refused)]]),
    ...(record === null ? [['record', 'none']] : recordLines(record, keepsRemoteId)),
    ['workflow', workflow.status === null ? 'none in the history' : workflow.status.toLowerCase()],
    ['link', workflow.link],
  ];
  return [
    `${process}: ${type}/${key}`,
    ...lines.map(([label = '', text = '']) => `  ${label.padEnd(13)} ${visible(text)}`),
  ].join('\n');
}

/** The filter, and of each condition that does not hold what it asks for and what would change it. */
function filterLines({ passesFilter, conditions }: Explanation): string[][] {
  if (passesFilter) return [['filter', 'passes: it belongs on the target']];
  const unmet = conditions.filter(({ holds }) => !holds);
  return [
    ['filter', 'does not pass: it does not belong on the target'],
    ...unmet.flatMap(({ name, means, change }) => [
      ['does not hold', `${name}: ${means}`],
      ['would change', change],
    ]),
  ];
}

/** The time line over all targets as an operator reads it, the latest first. */
export function describeTimeline(happenings: readonly Happening[]): string {
  if (happenings.length === 0) return 'time line: nothing in the journal';
  const lines = happenings.map(({ on, process, happened, code, about }) =>
    ['  ' + on.slice(0, 19) + 'Z', process.padEnd(9), happened, code ?? '', about ?? ''].join(' ').trimEnd(),
  );
  return ['time line, the latest first', ...lines.map((line) => visible(line))].join('\n');
}

function recordLines(record: NonNullable<Explanation['record']>, keepsRemoteId: boolean): [string, string][] {
  const lines: [string, string | null][] = [
    ['state', record.state],
    ['waits for', record.waitingFor],
    ['shares', record.sharedWith],
    ['left alone', record.state === 'UNLINKED' ? unlinkedReason(record.lastError) : null],
    ['because', record.lastErrorClass === null ? record.lastError : null],
    [
      'last error',
      record.lastErrorClass === null || record.state === 'UNLINKED'
        ? null
        : `${record.lastErrorClass}: ${record.lastError}`,
    ],
    ['code', record.lastErrorCode],
    ['remedy', record.lastErrorCode === null ? null : meaningOf(record.lastErrorCode).remedy],
    ['attempts', record.attempts === 0 ? null : `${record.attempts}`],
    ['failing since', record.failingSince],
    ['remote id', keepsRemoteId ? 'kept back: it is a hash of the address' : record.remoteId],
    ['delivered', record.entitySyncedOn],
    ['judged', record.evaluatedOn],
    ['remote time', record.remoteSyncedOn],
    ['written', record.updatedOn],
  ];
  return lines.flatMap(([label, text]): [string, string][] => (text === null ? [] : [[label, text]]));
}
