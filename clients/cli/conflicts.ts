import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { conflictSubject, refuseProposal } from '../../database/records/write-conflict.ts';
import { unseal } from '../../sync/sealed-values.ts';
import { findConflict, listConflicts, type LostConflict, type SealedConflict } from '../conflicts.ts';
import { CommandError } from './command-error.ts';
import { giveCommand, hasRun, sayOutcome } from './give-command.ts';
import { processOf } from './names.ts';
import { complain, say, sayBlock, sayJson, table } from './output.ts';
import { enabledTarget, inSession, type Session } from './session.ts';
import type { TimeoutOptions } from './wait-options.ts';

/** Older ones can be shown by id. */
const LISTED_AT_MOST = 1_000;

export interface ListOptions {
  readonly process?: SyncProcessName;
  readonly proposed?: true;
  readonly json?: true;
}

/** `ems-sync conflicts list` */
export async function list(options: ListOptions): Promise<void> {
  const { process: name = null, proposed = false, json } = options;
  await inSession(async (session) => {
    const found = await listConflicts(await session.database(), {
      process: name,
      proposed,
      atMost: LISTED_AT_MOST + 1,
    });
    const shown = found.slice(0, LISTED_AT_MOST);
    if (json) {
      sayJson(shown.map(named));
    } else if (shown.length === 0) {
      const of = name === null ? '' : ` of ${name}`;
      say(proposed ? `no proposal${of} waits for a decision` : `no remote value${of} has lost against EMS`);
    } else {
      const rows = shown.map(({ id, process: of, type, key, remoteId, occurredOn, fields, restoredOn }) => [
        Number(id),
        of,
        `${type}/${key}`,
        remoteId,
        occurredOn,
        fields.join(', '),
        restoredOn,
      ]);
      const on = proposed ? 'proposed on' : 'lost on';
      sayBlock(table(['id', 'process', 'entity', 'remote id', on, 'fields', 'restored on'], rows));
    }
    if (found.length > shown.length) complain(`only the latest ${LISTED_AT_MOST} are listed`);
  });
}

/** `ems-sync conflicts show` */
export async function show(id: string, { json }: { readonly json?: true }): Promise<void> {
  await inSession(async (session) => {
    const conflict = await conflictOf(session, id);
    const values = valuesOf(session, conflict);
    complain('These are personal values, kept encrypted everywhere else: keep them out of tickets and logs.');
    if (json) {
      sayJson({ ...named(conflict), values });
      return;
    }
    const { process, type, key, remoteId, kind, occurredOn, fields } = conflict;
    say(`${WORDS[kind].what} ${id}: ${process} ${type}/${key}, remote id ${remoteId}, ${kind} on ${occurredOn}`);
    say(decisionOn(conflict));
    sayBlock(
      table(
        ['field', kind === 'lost' ? 'value that lost' : 'proposed value'],
        fields.map((field) => [field, shownValue(values[field])]),
      ),
    );
  });
}

const WORDS = {
  lost: { what: 'conflict', done: 'restored', command: 'restore' },
  proposed: { what: 'proposal', done: 'accepted', command: 'accept' },
} as const;

function decisionOn({ kind, restoredOn, refusedOn }: LostConflict): string {
  if (restoredOn !== null) return `${WORDS[kind].done} on ${restoredOn}`;
  if (refusedOn !== null) return `refused on ${refusedOn}`;
  return kind === 'lost' ? 'not restored' : 'not decided';
}

/** `ems-sync conflicts restore` */
export const restore = (id: string, options: TimeoutOptions): Promise<void> => takeOver(id, 'lost', options);

/** `ems-sync conflicts accept` */
export const accept = (id: string, options: TimeoutOptions): Promise<void> => takeOver(id, 'proposed', options);

/** `ems-sync conflicts refuse` */
export async function refuse(id: string, { json }: { readonly json?: true }): Promise<void> {
  await inSession(async (session) => {
    const { restoredOn } = await conflictOf(session, id, 'proposed');
    if (restoredOn !== null) throw new CommandError(1, `proposal ${id} was already accepted on ${restoredOn}`);
    await refuseProposal((await session.database()).em.fork(), id);
    const after = await conflictOf(session, id, 'proposed');
    if (json) sayJson(named(after));
    else say(`proposal ${id} was ${decisionOn(after)}; EMS keeps its values`);
  });
}

/** Has the values written into EMS, from where they reach every target. */
async function takeOver(id: string, kind: LostConflict['kind'], options: TimeoutOptions): Promise<void> {
  await inSession(async (session) => {
    const conflict = await conflictOf(session, id, kind);
    const { what, done } = WORDS[kind];
    const { process, type, key, restoredOn, refusedOn } = conflict;
    if (refusedOn !== null) throw new CommandError(1, `${what} ${id} was refused on ${refusedOn}`);
    enabledTarget(session, processOf(process));
    const pair = { process, type, key };
    if (restoredOn !== null) {
      if (options.json) sayJson({ ...named(conflict), outcome: null });
      else say(`${what} ${id} was already ${done} on ${restoredOn}`);
      return;
    }
    const result = await giveCommand(session, pair, `restore:${id}`, options.timeout * 1_000);
    const after = await conflictOf(session, id);
    if (options.json) sayJson({ ...named(after), ...result });
    else sayOutcome(`${what} ${id} is ${after.restoredOn === null ? 'not ' : ''}${done}`, pair, result);
    if (after.restoredOn === null || !hasRun(result)) globalThis.process.exitCode = 1;
  });
}

/** @param kind left out: either. @throws CommandError if there is none. */
async function conflictOf(session: Session, id: string, kind?: LostConflict['kind']): Promise<SealedConflict> {
  const conflict = await findConflict(await session.database(), id);
  if (conflict === null) {
    const [what, list] = kind === 'proposed' ? ['proposal', 'list --proposed'] : ['conflict', 'list'];
    throw new CommandError(1, `there is no ${what} ${id}; see: npx ems-sync conflicts ${list}`);
  }
  if (kind !== undefined && conflict.kind !== kind) {
    const { what, command } = WORDS[conflict.kind];
    throw new CommandError(1, `${id} is a ${what}: npx ems-sync conflicts ${command} ${id}`);
  }
  return conflict;
}

function valuesOf({ settings }: Session, conflict: SealedConflict) {
  const keys = settings.common.SYNC_KEY;
  if (keys === undefined) throw new CommandError(1, 'set SYNC_KEY to the key that the workers run with');
  try {
    return unseal(conflict.sealed, conflictSubject(conflict), keys);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CommandError(1, `conflict ${conflict.id} cannot be opened: ${error.message}`, { cause: error });
  }
}

/** A missing value was empty. */
function shownValue(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const named = ({
  id,
  process,
  type,
  key,
  remoteId,
  occurredOn,
  fields,
  kind,
  restoredOn,
  refusedOn,
}: LostConflict) => ({
  id,
  process,
  type,
  entityId: key,
  remoteId,
  occurredOn,
  fields,
  kind,
  restoredOn,
  refusedOn,
});
