import { CommandError } from './command-error.ts';
import { rekey as rekeyAll } from '../rekey/rekey.ts';
import { complain, say, sayBlock, sayJson, table } from './output.ts';
import { inSession } from './session.ts';

/** Each page is committed by itself. */
const PAGE = 500;

/** `ems-sync rekey`: brings what is kept under an older key of SYNC_KEY under the first one, in place. */
export async function rekey({ json }: { readonly json?: true }): Promise<void> {
  await inSession(async (session) => {
    const { common } = session.settings;
    const keys = common.SYNC_KEY;
    if (keys === undefined)
      throw new CommandError(1, 'set SYNC_KEY to the keys that the workers run with, newest first');
    const done = await asOwner(rekeyAll({ orm: await session.database(), keys, settings: common, page: PAGE }));
    if (json) sayJson(done.map(({ what, counts }) => ({ what, ...counts })));
    else {
      const rows = done.map(({ what, counts }) => [what, counts.rekeyed, counts.rehashed, counts.unreadable]);
      sayBlock(table(['what', 're-keyed', 'hashed again', 'under a key that is not listed'], rows));
    }
    const [suppressions] = done;
    if (suppressions !== undefined && suppressions.counts.rehashed > 0 && !json)
      say(
        'Of the lines hashed again only a hash was known (erased addresses, people whom EMS does not know). Keep the older keys in SYNC_KEY, after the new one: without them those lines are forgotten. The older keys alone no longer tell the addresses.',
      );
    if (done.some(({ counts }) => counts.unreadable > 0)) {
      complain('What is under a key that is not listed was left: add that key to SYNC_KEY, and run this again.');
      process.exitCode = 1;
    }
  });
}

/** Triggers keep *erased* lines as they are, for every role but the tables' owner. */
async function asOwner<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === '42501')) throw error;
    throw new CommandError(1, 'this login may not change erased lines: run rekey with the one that migrate runs with', {
      cause: error,
    });
  }
}
