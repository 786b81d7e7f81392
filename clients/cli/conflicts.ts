import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { conflictSubject } from '../../database/records/write-conflict.ts';
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

/** `ems-sync conflicts list` */
export async function list(options: { readonly process?: SyncProcessName; readonly json?: true }): Promise<void> {
  const { process: name = null, json } = options;
  await inSession(async (session) => {
    const found = await listConflicts(await session.database(), name, LISTED_AT_MOST + 1);
    const shown = found.slice(0, LISTED_AT_MOST);
    if (json) {
      sayJson(shown.map(named));
    } else if (shown.length === 0) {
      say(`no remote value${name === null ? '' : ` of ${name}`} has lost against EMS`);
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
      sayBlock(table(['id', 'process', 'entity', 'remote id', 'lost on', 'fields', 'restored on'], rows));
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
    const { process, type, key, remoteId, occurredOn, fields, restoredOn } = conflict;
    say(`conflict ${id}: ${process} ${type}/${key}, remote id ${remoteId}, lost on ${occurredOn}`);
    say(restoredOn === null ? 'not restored' : `restored on ${restoredOn}`);
    sayBlock(
      table(
        ['field', 'value that lost'],
        fields.map((field) => [field, shownValue(values[field])]),
      ),
    );
  });
}

/** `ems-sync conflicts restore` */
export async function restore(id: string, options: TimeoutOptions): Promise<void> {
  await inSession(async (session) => {
    const conflict = await conflictOf(session, id);
    const { process, type, key, restoredOn } = conflict;
    enabledTarget(session, processOf(process));
    const pair = { process, type, key };
    if (restoredOn !== null) {
      if (options.json) sayJson({ ...named(conflict), outcome: null });
      else say(`conflict ${id} was already restored on ${restoredOn}`);
      return;
    }
    const result = await giveCommand(session, pair, `restore:${id}`, options.timeout * 1_000);
    const after = await conflictOf(session, id);
    if (options.json) sayJson({ ...named(after), ...result });
    else sayOutcome(`conflict ${id} ${after.restoredOn === null ? 'is not restored' : 'is restored'}`, pair, result);
    if (after.restoredOn === null || !hasRun(result)) globalThis.process.exitCode = 1;
  });
}

async function conflictOf(session: Session, id: string): Promise<SealedConflict> {
  const conflict = await findConflict(await session.database(), id);
  if (conflict === null) throw new CommandError(1, `there is no conflict ${id}; see: npx ems-sync conflicts list`);
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

const named = ({ id, process, type, key, remoteId, occurredOn, fields, restoredOn }: LostConflict) => ({
  id,
  process,
  type,
  entityId: key,
  remoteId,
  occurredOn,
  fields,
  restoredOn,
});
