import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { ALERT_FILE } from './alert-rules.ts';

/** Runs promtool (`PROMTOOL`, or that on the path) beside the alert rules. Null: it is not installed. */
export function runPromtool(args: readonly string[], folder = dirname(ALERT_FILE)) {
  const program = process.env['PROMTOOL'] ?? 'promtool';
  const { error, status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
  if (error !== undefined && 'code' in error && error.code === 'ENOENT') return null;
  return { status, stdout, stderr };
}
