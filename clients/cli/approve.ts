import { approveHold } from '../../database/records/missing.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { CommandError } from './command-error.ts';
import { say, sayJson } from './output.ts';
import { inSession } from './session.ts';

const NEXT = {
  unlink: { what: 'The next poll looks at each, and unlinks what is gone', direction: 'inbound' },
  delete: { what: 'The next sweep removes them', direction: 'outbound' },
  update: { what: 'The next sweep sends them', direction: 'outbound' },
} as const;

/** `ems-sync approve`: releases what a poll or a sweep holds back, provided that the held records are still the same. */
export async function approve(process: SyncProcessName, id: string, { json }: { readonly json?: true }): Promise<void> {
  await inSession(async (session) => {
    const hold = await approveHold((await session.database()).em.fork(), process, id);
    if (hold === null) {
      throw new CommandError(
        1,
        `${process} holds nothing back under number ${id}: npx ems-sync status tells what is held`,
      );
    }
    if (json) sayJson(hold);
    else {
      const { what, direction } = NEXT[hold.kind];
      say(`approved: ${hold.held} of ${hold.linked} ${hold.type}. ${what}`);
      say(`now: npx ems-sync sweep ${process} ${direction} --wait`);
    }
  });
}
