import type { Command } from 'commander';
import { findByKeys, findByRemoteIds } from '../../database/records/find-by-remote-id.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import type { PairRef } from '../../workflows/pair-start.ts';
import { CommandError } from './command-error.ts';
import { giveCommand, hasRun, sayOutcome } from './give-command.ts';
import { keysNamed, processNamed, remoteIdNamed, typeNamed } from './names.ts';
import { complain, sayJson } from './output.ts';
import { enabledTarget, inSession, type Session } from './session.ts';
import { addTimeout, type TimeoutOptions } from './wait-options.ts';

/** `ems-sync link` */
export function addLink(program: Command): void {
  addTimeout(
    program
      .command('link')
      .description('say which remote record an EMS row is; the two are compared and brought in step, EMS wins')
      .argument('<process>', 'for example RUNSIGNUP')
      .argument('<type>', 'for example Event')
      .argument('<id>', 'id of an EMS row')
      .argument('<remote-id>', 'for example 567@9: race 567 of RunSignup, its race_event_days_id 9'),
  )
    .addHelpText(
      'after',
      '\nExamples: npx ems-sync link RUNSIGNUP Event 12 567@9\n          npx ems-sync link CHATWOOT Person 4711 47',
    )
    .action(async (processName: string, typeName: string, id: string, remote: string, options: TimeoutOptions) => {
      const { syncProcess, pair } = pairNamed(processName, typeName, id);
      const { type, key } = pair;
      const remoteId = remoteIdNamed(remote);
      await inSession(async (session) => {
        enabledTarget(session, syncProcess);
        mustBeLinkable(syncProcess);
        const before = await heldIfFree(session, pair, remoteId);
        await mustExist(session, syncProcess, type, remoteId);
        const result = await giveCommand(session, pair, `link:${remoteId}`, options.timeout * 1_000);
        const { remoteId: held } = await recordOf(session, pair);
        if (before !== null && before !== held) complain(`${type}/${key} was linked to ${before} until now`);
        if (options.json) sayJson({ ...named(pair), remoteId: held, ...result });
        else sayOutcome(held === null ? 'not linked' : `linked to ${held}`, pair, result);
        if (held === null || !hasRun(result)) process.exitCode = 1;
      });
    });
}

/** `ems-sync unlink` */
export function addUnlink(program: Command): void {
  addTimeout(
    program
      .command('unlink')
      .description('unlink an EMS row from its remote record: both stay as they are, and go their own ways from now on')
      .argument('<process>', 'for example CHATWOOT')
      .argument('<type>', 'for example Person')
      .argument('<id>', 'id of an EMS row'),
  )
    .addHelpText('after', '\nExample: npx ems-sync unlink CHATWOOT Person 4711')
    .action(async (processName: string, typeName: string, id: string, options: TimeoutOptions) => {
      const { syncProcess, pair } = pairNamed(processName, typeName, id);
      await inSession(async (session) => {
        enabledTarget(session, syncProcess);
        await recordOf(session, pair);
        const result = await giveCommand(session, pair, 'unlink', options.timeout * 1_000);
        const { state } = await recordOf(session, pair);
        const unlinked = state === 'UNLINKED';
        if (options.json) sayJson({ ...named(pair), ...result, unlinked });
        else sayOutcome(unlinked ? 'unlinked' : 'not unlinked', pair, result);
        if (!unlinked) process.exitCode = 1;
      });
    });
}

/** @throws CommandError where a remote id tells who it is: it would stand in a history, and in nobody's choice. */
function mustBeLinkable({ name, remoteIdsArePersonal }: SyncProcess): void {
  if (remoteIdsArePersonal !== true) return;
  throw new CommandError(
    2,
    `${name} knows people by their e-mail address: who has the address is linked to it by itself`,
  );
}

function pairNamed(
  processName: string,
  typeName: string,
  id: string,
): { readonly syncProcess: SyncProcess; readonly pair: PairRef } {
  const syncProcess = processNamed(processName);
  const type = typeNamed(typeName, [syncProcess]);
  const [key = ''] = keysNamed([id]);
  return { syncProcess, pair: { process: syncProcess.name, type, key } };
}

/** @throws CommandError if EMS has no such row. */
async function recordOf(session: Session, { process, type, key }: PairRef) {
  const found = (await findByKeys((await session.database()).em.fork(), process, type, [key])).get(key);
  if (found === undefined) throw new CommandError(1, `EMS has no ${type} ${key}`);
  return found;
}

/**
 * The remote id that the row has until now, or null.
 *
 * @throws CommandError if the remote record is another row's.
 */
async function heldIfFree(session: Session, pair: PairRef, remoteId: string): Promise<string | null> {
  const { process, type, key } = pair;
  const { remoteId: held } = await recordOf(session, pair);
  const em = (await session.database()).em.fork();
  const holder = (await findByRemoteIds(em, process, type, [remoteId])).get(remoteId)?.key ?? null;
  if (holder !== null && holder !== key) throw new CommandError(1, isAnothers(pair, remoteId, holder));
  return held;
}

function isAnothers({ process, type }: PairRef, remoteId: string, holder: EntityKey): string {
  return `${remoteId} is ${type}/${holder}'s. Unlink that first: npx ems-sync unlink ${process} ${type} ${holder}`;
}

/** @throws CommandError if the target has no such record, or no record can have that id. */
async function mustExist(
  session: Session,
  syncProcess: SyncProcess,
  type: EntityType,
  remoteId: string,
): Promise<void> {
  const { target, settings } = enabledTarget(session, syncProcess);
  const remote = target.connect(settings, unlimitedConnections(session.settings.common.CONSENT_POLICY));
  try {
    if (remote.inbound === undefined) return;
    if ((await remote.inbound.fetch({ type, remoteId }, null)) !== null) return;
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    throw new CommandError(error.errorClass === 'rejected' ? 2 : 1, error.message, { cause: error });
  } finally {
    await remote.close?.();
  }
  throw new CommandError(1, `${syncProcess.name} has no ${type} ${remoteId}. Look its number up there`);
}

const named = ({ process, type, key }: PairRef) => ({ process, type, id: key });
