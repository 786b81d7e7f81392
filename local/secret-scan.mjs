// Plain JavaScript for any Node from 18 on. Usage: npm run secrets
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The forms of real credentials. Invented ones in tests must not have them. */
const FORMS = [
  { what: 'a private key', form: /-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY-----\s{0,9}[A-Za-z0-9+/=]{20}/ },
  { what: 'an access key of AWS', form: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/ },
  { what: 'a token of GitHub', form: /\b(?:gh[opsru]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60})/ },
  { what: 'a token of npm', form: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { what: 'a token of Slack', form: /\bxox[abprs]-[A-Za-z0-9]{10}[A-Za-z0-9-]{10}/ },
  { what: 'a JSON Web Token', form: /\beyJ[A-Za-z0-9_-]{20,2000}\.eyJ[A-Za-z0-9_-]{20,2000}\.[A-Za-z0-9_-]{20}/ },
  { what: 'a key of MailChimp', form: /\b(?!0{32}|([0-9a-f])\1{7})[0-9a-f]{32}-us\d{1,2}\b/ },
];

/**
 * The credentials in a text, by kind and line. The text itself is not repeated.
 *
 * @param {string} text
 */
export function secretsIn(text) {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const next = lines[index + 1] ?? '';
    // A private key begins on one line and goes on in the next.
    const found = FORMS.filter(({ form }) => form.test(line) || (form.test(`${line}\n${next}`) && !form.test(next)));
    return found.map(({ what }) => ({ what, line: index + 1 }));
  });
}

/** Runs only as a program, not where it is imported. */
if ((process.argv[1] ?? '').endsWith('secret-scan.mjs')) {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const { stdout, status } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const files = stdout.split('\0').filter((name) => name !== '');
  if (status !== 0 || files.length === 0) {
    console.error('Nothing was scanned: git lists no files here');
    process.exitCode = 2;
  }
  let found = 0;
  for (const file of files) {
    for (const { what, line } of secretsIn(readIfThere(join(folder, file)))) {
      found += 1;
      console.error(`${file}:${line} has the form of ${what}`);
    }
  }
  if (found > 0) process.exitCode = 1;
  else if (files.length > 0) console.log(`no credential in ${files.length} files`);
}

/** @param {string} path */
function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
