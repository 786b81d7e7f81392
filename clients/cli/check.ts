import type { Command } from 'commander';
import { runChecks } from '../check/run-checks.ts';
import { say, sayJson } from './output.ts';
import { inSession } from './session.ts';

const LABELS = { ok: 'ok    ', off: 'off   ', failed: 'FAILED' } as const;

/** `ems-sync check` */
export function addCheck(program: Command): void {
  program
    .command('check')
    .description('whether settings, database, Temporal, targets and workers are fit to run')
    .option('--fix', 'create the search attributes that Temporal lacks, and the fields and topics that targets lack')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample: npx ems-sync check --fix')
    .action(({ fix = false, json }: { fix?: boolean; json?: true }) =>
      inSession(async (session) => {
        const checks = await runChecks(session, { fix });
        const ok = checks.every(({ outcome }) => outcome !== 'failed');
        if (json) sayJson({ ok, checks });
        else for (const { outcome, check, detail } of checks) say(`${LABELS[outcome]} ${check}: ${detail}`);
        if (!ok) process.exitCode = 1;
      }),
    );
}
