// Plain JavaScript for any Node from 18 on. Usage: npm run audit
import { spawnSync } from 'node:child_process';

/** Production dependencies only, without the tools of tests and demo. */
const ARGS = ['audit', '--omit', 'dev'];

const { stdout, error } = spawnSync('npm', [...ARGS, '--json'], { encoding: 'utf8', maxBuffer: 2 ** 28 });
const report = parse(stdout ?? '');

if (report?.metadata?.vulnerabilities === undefined) {
  console.error(
    `Nothing was audited: ${error?.message ?? report?.message ?? report?.error?.summary ?? 'npm audit gave no report'}.\n` +
      'npm asks its registry about known vulnerabilities. Offline, or behind a mirror that does not answer audits, run this\n' +
      'where npm reaches the public registry; CI does so on every push and every week (.github/workflows/ci.yml).',
  );
  process.exitCode = 2;
} else {
  const { status } = spawnSync('npm', ARGS, { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
