import type { Plan } from '../../sync/plan.ts';
import { masked, type PlannedChange, type PlannedField } from '../../sync/planned-change.ts';
import type { SyncProcessName } from '../../sync/sync-process-name.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { planProcess } from '../dry-run/plan-process.ts';
import { PlanFile } from '../plan-file.ts';
import { visible, visibleJson } from '../visible-text.ts';
import { CommandError } from './command-error.ts';
import { processOf, typeNamed } from './names.ts';
import { complain, say } from './output.ts';
import { showPlanCounts } from './show-plan.ts';
import { enabledTarget, inSession } from './session.ts';

export interface PlanCommandOptions {
  readonly json?: true;
  readonly out?: string;
  readonly values?: true;
}

/** Changes shown below the counts; all of them: `--out` or `--json`. */
const SHOWN = 20;

/** `ems-sync plan` */
export async function plan(
  name: SyncProcessName,
  typeNames: readonly string[],
  { json, out, values }: PlanCommandOptions,
): Promise<void> {
  const process = processOf(name);
  const types = typeNames.map((type) => typeNamed(type, [process]));
  await inSession(async (session) => {
    const enabled = enabledTarget(session, process);
    await session.database();
    const file = await PlanFile.create(out);
    try {
      const made = await planProcess({
        common: session.settings.common,
        enabled,
        ...(types.length === 0 ? {} : { types }),
        onChange: (change) => file.add(values === true ? change : masked(change)),
        onProgress: progress(),
      }).catch(asCommandError);
      if (out !== undefined) await file.save(out, made);
      if (json) await showJson(made, file);
      else await showPlan(made, file, out);
    } finally {
      await file.close();
    }
  });
}

function asCommandError(error: unknown): never {
  if (error instanceof SyncError) throw new CommandError(1, error.message, { cause: error });
  throw error;
}

/** A line on standard error now and then. */
function progress(): (type: string, looked: number) => void {
  let all = 0;
  let told = Date.now();
  return (type, looked) => {
    all += looked;
    if (Date.now() - told < 10_000) return;
    told = Date.now();
    complain(`${all} rows so far, at ${type}`);
  };
}

async function showJson(made: Plan, file: PlanFile): Promise<void> {
  process.stdout.write(`${visibleJson(made).slice(0, -1)},"changes":[`);
  let before = '\n';
  for await (const change of file.changes()) {
    process.stdout.write(`${before}${visibleJson(change)}`);
    before = ',\n';
  }
  process.stdout.write(']}\n');
}

async function showPlan(made: Plan, file: PlanFile, out: string | undefined): Promise<void> {
  showPlanCounts(made);
  let shown = 0;
  for await (const change of file.changes()) {
    if (shown === SHOWN) {
      say(out === undefined ? '… all of them: --out FILE, or --json' : `… all of them: ${out}`);
      break;
    }
    say(describeChange(change));
    shown += 1;
  }
}

/** `change Person/499: familyName "Silva" → "Costa"` */
export function describeChange({ action, type, id, remoteId, fields = [], reason, ...more }: PlannedChange): string {
  const what = [
    ...fields.map(describeField),
    ...(reason === undefined ? [] : [reason]),
    ...(more.optOuts === undefined ? [] : [`opts out of ${more.optOuts.join(', ')}`]),
    ...(more.releases === true ? ['lets go of what EMS has given to another row'] : []),
  ];
  const where = more.direction === 'inbound' ? ' in EMS' : '';
  return visible(
    `${action} ${id === null ? `remote ${type} ${remoteId}` : `${type}/${id}`}${where}${what.length === 0 ? '' : `: ${what.join(', ')}`}`,
  );
}

function describeField({ field, before, after }: PlannedField): string {
  const now = JSON.stringify(after);
  return before === undefined ? `${field} ${now}` : `${field} ${JSON.stringify(before)} → ${now}`;
}
