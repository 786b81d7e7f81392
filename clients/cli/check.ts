import { runChecks } from '../check/run-checks.ts';
import { say, sayJson } from './output.ts';
import { inSession } from './session.ts';

const LABELS = { ok: 'ok    ', off: 'off   ', failed: 'FAILED' } as const;

/** `ems-sync check` */
export async function check({ fix = false, json }: { readonly fix?: boolean; readonly json?: true }): Promise<void> {
  await inSession(async (session) => {
    const checks = await runChecks(session, { fix });
    const ok = checks.every(({ outcome }) => outcome !== 'failed');
    if (json) sayJson({ ok, checks });
    else for (const { outcome, check: name, detail } of checks) say(`${LABELS[outcome]} ${name}: ${detail}`);
    if (!ok) process.exitCode = 1;
  });
}
