import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Code that shows that a test or its helper needs servers: addresses from `npm test`, or servers it starts. */
const SERVERS =
  /TEST_(?:DATABASE_ADMIN_URL|TEMPORAL_ADDRESS)|local\/(?:postgres|temporal-server|temporal-postgres)\.ts|(?:demo|bench)\/main\.ts/;

const RELATIVE_IMPORT = /(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+\.ts)'/g;

export interface UnitFiles {
  /** Relative to the project's folder. */
  readonly pure: readonly string[];
  /** Files that need servers, each with the file that shows it. */
  readonly needServers: ReadonlyMap<string, string>;
}

/** The test files whose path contains one of these patterns. */
export function unitFiles(project: string, patterns: readonly string[]): UnitFiles {
  const wanted = readdirSync(join(project, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .filter((file) => patterns.some((pattern) => file.includes(pattern.replace(/^\.\//, ''))))
    .toSorted();
  const needServers = new Map<string, string>();
  for (const file of wanted) {
    const because = whatNeedsServers(project, join(project, file), new Set());
    if (because !== undefined) needServers.set(file, relative(project, because));
  }
  return { pure: wanted.filter((file) => !needServers.has(file)), needServers };
}

/** The first file that needs servers: this one, or a helper under `test/` that it imports. */
function whatNeedsServers(project: string, file: string, seen: Set<string>): string | undefined {
  if (seen.has(file) || !existsSync(file)) return undefined;
  seen.add(file);
  const source = readFileSync(file, 'utf8');
  if (SERVERS.test(source)) return file;
  for (const [, path = ''] of source.matchAll(RELATIVE_IMPORT)) {
    const imported = join(dirname(file), path);
    if (!imported.startsWith(join(project, 'test'))) continue;
    const found = whatNeedsServers(project, imported, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}
