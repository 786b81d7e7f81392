import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { projectFolder } from '../local/folders.ts';

/** Runs all property tests, or the given files, with a new seed. A failure prints the seed; `FUZZ_SEED=N` repeats it. */
const seed = process.env['FUZZ_SEED'] ?? String(Math.trunc(Math.random() * 2 ** 31));
console.log(`FUZZ_SEED=${seed}`);

const given = process.argv.slice(2);
const files = given.length > 0 ? given : propertyTests();
try {
  execFileSync(process.execPath, [join(projectFolder, 'test', 'main.ts'), ...files], {
    cwd: projectFolder,
    env: { ...process.env, FUZZ_SEED: seed },
    stdio: 'inherit',
  });
} catch {
  // The tests have said what failed.
  process.exitCode = 1;
}

function propertyTests(): string[] {
  const folder = join(projectFolder, 'test');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (file) => file.endsWith('.test.ts') && readFileSync(join(folder, file), 'utf8').includes('seeded-fast-check'),
    )
    .map((file) => relative(projectFolder, join(folder, file)));
}
