import { findByRemoteId } from '../database/records/find-by-remote-id.ts';
import { writeUnresolved } from '../database/records/link-record.ts';
import { parkMalformed } from '../database/records/park-malformed.ts';
import { remoteWorkflowId } from '../sync/workflow-ids.ts';
import type { MalformedRecord } from '../targets/inbound-source.ts';
import type { ProcessContext } from './context.ts';

/** Parks remote records that do not fit the target's contract, so that operators see them and the page goes on. */
export async function parkMalformedRecords(
  { orm, process: { name: process } }: ProcessContext,
  records: readonly MalformedRecord[],
): Promise<void> {
  const em = orm.em.fork();
  for (const { type, remoteId, malformed } of records) {
    if (remoteId === null) continue;
    if ((await findByRemoteId(em, process, type, remoteId))?.key != null) {
      await parkMalformed(em, process, { type, remoteId, malformed });
      continue;
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
      reason: malformed,
      workflowId: remoteWorkflowId(process, type, remoteId),
    });
  }
}
