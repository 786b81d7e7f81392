import { SyncError } from '../../sync/sync-error.ts';
import { compareWithPlan, type Moved } from '../dry-run/apply-plan.ts';
import { readPlanHeader, readPlannedChanges, type PlanHeader } from '../plan-file.ts';
import { askInOrder } from './ask-in-order.ts';
import type { Answered } from './ask-pairs.ts';
import { CommandError } from './command-error.ts';
import { processOf } from './names.ts';
import { say, sayJson } from './output.ts';
import { refusePaused } from './pause.ts';
import { describeChange } from './plan.ts';
import { enabledTarget, inSession } from './session.ts';

export interface ApplyOptions {
  readonly timeout: number;
  readonly json?: true;
}

/** Those that moved and are named. */
const SHOWN = 20;

/** `ems-sync apply`: what a plan says, if that is still what would be done; nothing of it otherwise. */
export async function apply(path: string, options: ApplyOptions): Promise<void> {
  const { process: name, held } = await headerOf(path);
  const process = processOf(name);
  await inSession(async (session) => {
    const enabled = enabledTarget(session, process);
    await session.database();
    await session.temporal();
    await refusePaused(session, name);
    const compared = await compareWithPlan(path, { common: session.settings.common, enabled }).catch(
      (error: unknown) => {
        if (error instanceof SyncError) throw new CommandError(1, error.message, { cause: error });
        throw error;
      },
    );
    if (compared.moved.length > 0) {
      if (options.json) sayJson({ process: name, applied: 0, moved: compared.moved });
      else for (const one of compared.moved.slice(0, SHOWN)) say(describeMoved(one));
      throw new CommandError(
        1,
        `${compared.moved.length} of the plan have moved since it was made; nothing was applied: npx ems-sync plan ${name} --out FILE makes a new one`,
      );
    }
    const asked = compared.rows.map(({ type, key, inbound }) => ({
      pair: { process: name, type, key },
      request: inbound ? ('inbound' as const) : ('outbound' as const),
    }));
    const wentWell = await askInOrder(session, asked, { ...options, wait: true }, { isWell });
    if (!options.json) {
      if (compared.leftToPoll > 0) say(`${compared.leftToPoll} remote records without a row are left to the next poll`);
      for (const { type, held: count } of held) say(`${count} ${type} are held and were not touched`);
    }
    if (!wentWell) globalThis.process.exitCode = 1;
  });
}

/** Parked and waiting rows are as planned, too. */
const isWell = ({ answer }: Answered): boolean =>
  answer !== null && answer.outcome !== 'FAILING' && answer.outcome !== 'PAUSED';

function describeMoved({ planned, now }: Moved): string {
  const is = now === null ? 'nothing would be done now' : `now: ${describeChange(now)}`;
  return `planned: ${describeChange(planned)}; ${is}`;
}

/** Reads the whole file, so that nothing is begun with one that is damaged. */
async function headerOf(path: string): Promise<PlanHeader> {
  try {
    for await (const _ of readPlannedChanges(path));
    return await readPlanHeader(path);
  } catch (error) {
    const reason =
      error instanceof SyntaxError ? `it is no plan of this release: ${error.message}` : 'it cannot be read';
    throw new CommandError(2, `${path}: ${reason}; npx ems-sync plan PROCESS --out FILE makes one`, { cause: error });
  }
}
