import { findByRemoteId } from '../database/records/find-by-remote-id.ts';
import { writeUnresolved } from '../database/records/link-record.ts';
import { MALFORMED, parkMalformed } from '../database/records/park-malformed.ts';
import { remoteWorkflowId } from '../sync/workflow-ids.ts';
import type { MalformedRecord } from '../targets/inbound-source.ts';
import type { ProcessContext } from './context.ts';
import { inHalves } from './in-halves.ts';

/**
 * Parks remote records that break the target's contract, so that operators see them and the page continues. A record
 * that our database rejects even then only appears in the poll's count.
 */
export async function parkMalformedRecords(
  context: ProcessContext,
  records: readonly MalformedRecord[],
): Promise<void> {
  await inHalves(records, async (some) => {
    for (const one of some) await park(context, one);
  });
}

async function park(
  { orm, process: { name: process } }: ProcessContext,
  { type, remoteId, malformed }: MalformedRecord,
): Promise<void> {
  if (remoteId === null) return;
  const em = orm.em.fork();
  if ((await findByRemoteId(em, process, type, remoteId))?.key != null) {
    await parkMalformed(em, process, { type, remoteId, malformed });
    return;
  }
  await writeUnresolved(em, {
    process,
    type,
    remoteId,
    base: null,
    state: 'PARKED',
    waitingFor: null,
    sharedWith: null,
    errorClass: 'contract',
    code: MALFORMED,
    reason: malformed,
    workflowId: remoteWorkflowId(process, type, remoteId),
  });
}
