import { findByKeys, findByRemoteIds } from '../../database/records/find-by-remote-id.ts';
import type { EntityKey, EntityType } from '../../sync/entity-type.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SyncProcess } from '../../targets/sync-process.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import type { PairRef } from '../../workflows/pair-start.ts';
import { CommandError } from './command-error.ts';
import { giveCommand, hasRun, sayOutcome } from './give-command.ts';
import { processOf, typeNamed } from './names.ts';
import { complain, sayJson } from './output.ts';
import { enabledTarget, inSession, type Session } from './session.ts';
import type { TimeoutOptions } from './wait-options.ts';

interface NamedPair {
  readonly process: SyncProcessName;
  readonly type: string;
  readonly key: EntityKey;
}

/** `ems-sync link` */
export async function link(
  { remoteId, ...wanted }: NamedPair & { readonly remoteId: string },
  options: TimeoutOptions,
): Promise<void> {
  const { syncProcess, pair } = pairNamed(wanted);
  const { type, key } = pair;
  await inSession(async (session) => {
    enabledTarget(session, syncProcess);
    mustBeLinkable(syncProcess);
    const before = await heldIfFree(session, pair, remoteId);
    await mustExist(session, syncProcess, type, remoteId);
    const result = await giveCommand(session, pair, `link:${remoteId}`, options.timeout * 1_000);
    const { remoteId: held } = await recordOf(session, pair);
    if (before !== null && before !== held) complain(`${type}/${key} was linked to ${before} before`);
    if (options.json) sayJson({ ...named(pair), remoteId: held, ...result });
    else sayOutcome(held === null ? 'not linked' : `linked to ${held}`, pair, result);
    if (held === null || !hasRun(result)) process.exitCode = 1;
  });
}

/** `ems-sync unlink` */
export async function unlink(wanted: NamedPair, options: TimeoutOptions): Promise<void> {
  const { syncProcess, pair } = pairNamed(wanted);
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
}

/** @throws CommandError if remote ids are personal data, because the id would appear in a workflow history. */
function mustBeLinkable({ name, remoteIdsArePersonal }: SyncProcess): void {
  if (remoteIdsArePersonal !== true) return;
  throw new CommandError(2, `${name} identifies people by their e-mail address: rows are linked to it automatically`);
}

function pairNamed({ process, type: typeName, key }: NamedPair): {
  readonly syncProcess: SyncProcess;
  readonly pair: PairRef;
} {
  const syncProcess = processOf(process);
  return { syncProcess, pair: { process, type: typeNamed(typeName, [syncProcess]), key } };
}

/** @throws CommandError if EMS has no such row. */
async function recordOf(session: Session, { process, type, key }: PairRef) {
  const found = (await findByKeys((await session.database()).em.fork(), process, type, [key])).get(key);
  if (found === undefined) throw new CommandError(1, `EMS has no ${type} ${key}`);
  return found;
}

/**
 * The row's current remote id, or null.
 *
 * @throws CommandError if the remote record belongs to another row.
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
  return `${remoteId} belongs to ${type}/${holder}. Unlink that first: npx ems-sync unlink ${process} ${type} ${holder}`;
}

/** @throws CommandError if the target has no such record, or the id is malformed. */
async function mustExist(
  session: Session,
  syncProcess: SyncProcess,
  type: EntityType,
  remoteId: string,
): Promise<void> {
  const { target, settings } = enabledTarget(session, syncProcess);
  const { common } = session.settings;
  const remote = target.connect(settings, unlimitedConnections(common.CONSENT_POLICY, common.SYNC_KEY));
  try {
    if (remote.inbound === undefined) return;
    if ((await remote.inbound.fetch({ type, remoteId }, null)) !== null) return;
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    throw new CommandError(error.errorClass === 'rejected' ? 2 : 1, error.message, { cause: error });
  } finally {
    await remote.close?.();
  }
  throw new CommandError(1, `${syncProcess.name} has no ${type} ${remoteId}. Look up its id there`);
}

const named = ({ process, type, key }: PairRef) => ({ process, type, id: key });
