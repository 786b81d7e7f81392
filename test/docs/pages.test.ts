import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from '@jest/globals';
import { projectFolder } from '../../local/folders.ts';
import { knownSettings } from '../../settings/read-settings.ts';
import { SYNC_OUTCOMES } from '../../sync/sync-outcome.ts';
import { SYNC_STATES } from '../../sync/sync-state.ts';
import { SYNC_PROCESS_NAMES } from '../../sync/sync-process-name.ts';

const OURS = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'clients/java/README.md'];
const pages = [
  ...OURS,
  ...readdirSync(join(projectFolder, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const read = (page: string) => readFileSync(join(projectFolder, page), 'utf8');

/** Everything but blocks of code, which may show what is not there yet. */
const prose = (page: string) => read(page).replaceAll(/^```.*?^```$/gms, '');

/** A heading's anchor, as GitHub makes it; a heading that comes twice gets a number. */
function anchors(page: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const found = [...prose(page).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading = '']) => {
    const slug = heading
      .toLowerCase()
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    return times === 0 ? slug : `${slug}-${times}`;
  });
  return new Set(found);
}

describe.each(pages)('%s', (page) => {
  test('links to what is there', () => {
    const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : relative(projectFolder, resolve(projectFolder, dirname(page), path));
      if (!existsSync(join(projectFolder, target))) return true;
      return anchor !== undefined && target.endsWith('.md') && !anchors(target).has(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('names scripts, files and settings that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { readonly scripts: Readonly<Record<string, string>> };
    const named = [...read(page).matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);

    const paths = [...prose(page).matchAll(/`((?:[a-z-]+\/)+[\w.-]+\.(?:ts|mjs|json|env|yml))`/g)];
    const files = paths.map(([, path = '']) => path).filter((path) => ROOMS.has(path.split('/')[0] ?? ''));
    expect(files.filter((path) => fileOf(path) === null)).toEqual([]);

    const words = [...prose(page).matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g)].map(
      ([, word = '']) => word,
    );
    expect(words.filter((word) => !SETTINGS.has(word))).toEqual([]);
  });

  test('names commands that ems-sync has', async () => {
    const known = new Set((await commandLine()).commands.map((command) => command.name()));
    const named = [...read(page).matchAll(/npx ems-sync ([a-z]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !known.has(name) && name !== 'help')).toEqual([]);
  });
});

test('every test that pitfalls.md names is there', () => {
  const table = read('docs/pitfalls.md');
  const named = [...table.matchAll(/`([\w/.-]+\.test\.ts)`([^`|]*)/g)].flatMap(([, file = '', after = '']) =>
    [...after.matchAll(/\*([^*]{12,})\*/g)].map(([, title = '']) => [file, title] as const),
  );
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter((one) => !isThere(one))).toEqual([]);
});

function isThere([file, title]: readonly [string, string]): boolean {
  const path = fileOf(file);
  return path !== null && readFileSync(path, 'utf8').includes(title);
}

/** Tests are named from their own room, or from that of the targets. */
function fileOf(path: string): string | null {
  const places = ['.', 'test', 'test/targets'].map((room) => join(projectFolder, room, path));
  return places.find((place) => existsSync(place)) ?? null;
}

const ROOMS = new Set(readdirSync(projectFolder).filter((name) => !name.includes('.')));

/** Whatever is written like one: settings, states, and what belongs to Compose, tests and Java alone. */
const SETTINGS: ReadonlySet<string> = new Set([
  ...knownSettings().flatMap((name) => [name, `${name}_FILE`]),
  ...SYNC_STATES,
  ...SYNC_OUTCOMES,
  ...SYNC_PROCESS_NAMES,
  'TEMPORAL_DB_PASSWORD',
  'MIGRATE_DATABASE_URL',
  'NAME_FILE',
  'ROLLING_FROM',
  'MODEL_RUNS',
  'BULK_LOAD',
  'SCOREBOARD_TOKEN_FILE',
]);

async function commandLine(): Promise<Command> {
  const program = new Command();
  const folder = join(projectFolder, 'clients', 'cli');
  for (const name of [
    'check',
    'migrate',
    'schedules',
    'sync',
    'sweep',
    'status',
    'why',
    'retry',
    'conflicts',
    'link',
    'erase',
  ]) {
    const module = (await import(join(folder, `${name}.ts`))) as Readonly<Record<string, (program: Command) => void>>;
    for (const [exported, add] of Object.entries(module)) if (/^add[A-Z]/.test(exported)) add(program);
  }
  return program;
}
