import type { Command } from 'commander';
import { conflictSubject } from '../../database/records/write-conflict.ts';
import { unseal } from '../../sync/sealed-values.ts';
import { findConflict, listConflicts, type LostConflict, type SealedConflict } from '../conflicts.ts';
import { CommandError } from './command-error.ts';
import { giveCommand, hasRun, sayOutcome } from './give-command.ts';
import { conflictNamed, processNamed } from './names.ts';
import { complain, say, sayJson, table } from './output.ts';
import { enabledTarget, inSession, type Session } from './session.ts';
import { addTimeout, type TimeoutOptions } from './wait-options.ts';

/** Older ones are found by their ids. */
const LISTED_AT_MOST = 1_000;

/** `ems-sync conflicts` */
export function addConflicts(program: Command): void {
  const conflicts = program
    .command('conflicts')
    .description('remote values that lost against EMS, and getting them back')
    .addHelpText('after', '\nExample: npx ems-sync conflicts list');
  conflicts
    .command('list')
    .description('what lost, newest first, without the values')
    .option('--process <process>', 'only of this one, for example RUNSIGNUP')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: npx ems-sync conflicts list --process RUNSIGNUP')
    .action(list);
  conflicts
    .command('show')
    .description('the values that lost, decrypted with SYNC_KEY: personal data, shown nowhere else')
    .argument('<id>', 'number of the conflict')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: npx ems-sync conflicts show 12')
    .action(show);
  addTimeout(
    conflicts
      .command('restore')
      .description('write the values that lost into EMS; from there they reach every target')
      .argument('<id>', 'number of the conflict'),
  )
    .addHelpText('after', '\nExample: npx ems-sync conflicts restore 12')
    .action(restore);
}

async function list({ process, json }: { process?: string; json?: true }): Promise<void> {
  const name = process === undefined ? null : processNamed(process).name;
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
      say(table(['id', 'process', 'entity', 'remote id', 'lost on', 'fields', 'restored on'], rows));
    }
    if (found.length > shown.length) complain(`older ones than the latest ${LISTED_AT_MOST} are not listed`);
  });
}

async function show(text: string, { json }: { json?: true }): Promise<void> {
  const id = conflictNamed(text);
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
    say(
      table(
        ['field', 'value that lost'],
        fields.map((field) => [field, shownValue(values[field])]),
      ),
    );
  });
}

async function restore(text: string, options: TimeoutOptions): Promise<void> {
  const id = conflictNamed(text);
  await inSession(async (session) => {
    const conflict = await conflictOf(session, id);
    const { process, type, key, restoredOn } = conflict;
    enabledTarget(session, processNamed(process));
    const pair = { process, type, key };
    if (restoredOn !== null) {
      if (options.json) sayJson({ ...named(conflict), outcome: null });
      else say(`conflict ${id} was restored already, on ${restoredOn}`);
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

/** A value that is missing was empty. */
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
