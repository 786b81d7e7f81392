import { endPauses, readPause, readPauses, writePauses } from '../../database/records/pauses.ts';
import { describePause, type Pause } from '../../sync/pause.ts';
import { SYNC_PROCESS_NAMES, type SyncProcessName } from '../../sync/sync-process-name.ts';
import { CommandError } from './command-error.ts';
import { say, sayJson } from './output.ts';
import { inSession, type Session } from './session.ts';

export interface PauseOptions {
  readonly all?: true;
  readonly json?: true;
}

/** `ems-sync pause`: from the next remote call on, nothing is sent to these targets or read from them. */
export async function pause(name: SyncProcessName | undefined, options: PauseOptions): Promise<void> {
  const processes = named(name, options);
  await inSession(async (session) => {
    const pauses = await writePauses((await session.database()).em.fork(), processes);
    if (options.json) sayJson(pauses);
    else for (const one of pauses) say(describePause(one));
  });
}

/** `ems-sync resume` */
export async function resume(name: SyncProcessName | undefined, options: PauseOptions): Promise<void> {
  const processes = named(name, options);
  await inSession(async (session) => {
    const ended = await endPauses((await session.database()).em.fork(), processes);
    if (options.json) sayJson(ended);
    else if (ended.length === 0) say(`nothing was paused${name === undefined ? '' : ` at ${name}`}`);
    else
      for (const { process, pausedOn } of ended)
        say(`${process} goes on; it was paused since ${pausedOn}. The next sweeps and polls do what was left`);
  });
}

/** For commands that would only wait for a paused process. @throws CommandError */
export async function refusePaused(session: Session, name: SyncProcessName): Promise<void> {
  const pause = await readPause((await session.database()).em.fork(), name);
  if (pause !== null) throw new CommandError(1, describePause(pause));
}

/** The pauses of the enabled processes. */
export async function pausesOf(session: Session): Promise<readonly Pause[]> {
  const names = session.settings.enabled.map(({ target }) => target.process.name);
  return (await readPauses((await session.database()).em.fork())).filter(({ process }) => names.includes(process));
}

/** @throws CommandError unless either a process or `--all` is given. */
function named(name: SyncProcessName | undefined, { all }: PauseOptions): readonly SyncProcessName[] {
  if ((name === undefined) !== (all === true))
    throw new CommandError(2, `name a process (${SYNC_PROCESS_NAMES.join(', ')}), or say --all`);
  return name === undefined ? SYNC_PROCESS_NAMES : [name];
}
