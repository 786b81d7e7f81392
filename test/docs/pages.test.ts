import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, test } from '@jest/globals';
import { createProgram } from '../../clients/cli/program.ts';
import { projectFolder } from '../../local/folders.ts';
import { knownSettings } from '../../settings/read-settings.ts';
import { SYNC_OUTCOMES } from '../../sync/sync-outcome.ts';
import { SYNC_STATES } from '../../sync/sync-state.ts';
import { SYNC_PROCESS_NAMES } from '../../sync/sync-process-name.ts';
import { readServices } from '../deploy/compose-file.ts';

const OURS = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'clients/java/README.md'];
const pagesIn = (folder: string) =>
  readdirSync(join(projectFolder, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`);

const pages = [...OURS, ...pagesIn('docs'), ...pagesIn('docs/decisions')];

const read = (page: string) => readFileSync(join(projectFolder, page), 'utf8');

/** The page without code blocks, which may show things that do not exist yet. */
const prose = (page: string) => read(page).replaceAll(/^```.*?^```$/gms, '');

/** A heading's anchor as GitHub generates it; a repeated heading gets a number. */
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

  test('names commands and options that ems-sync has', () => {
    const program = createProgram();
    expect(commandsIn(read(page)).flatMap((words) => unknownIn(program, words))).toEqual([]);
  });

  test('names settings, options of the demo and profiles of Compose that are there, in blocks of code too', () => {
    const text = read(page);
    const assigned = shellBlocks(text).flatMap((block) =>
      [...block.matchAll(/(?:^|[\s;])([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)=/g)].map(([, name = '']) => name),
    );
    expect(assigned.filter((name) => !SETTINGS.has(name) && !OF_THE_JAVA_EXAMPLE.has(name))).toEqual([]);

    const demo = [...text.matchAll(/npm run demo -- ([^`\n#]*)/g)].flatMap(([, words = '']) => optionsIn(words));
    const demoOptions = readFileSync(join(projectFolder, 'demo', 'options.ts'), 'utf8');
    expect(
      demo.filter((option) => !demoOptions.includes(`'${option} <`) && !demoOptions.includes(`'${option}'`)),
    ).toEqual([]);

    const profiles = [...text.matchAll(/--profile (\w+)/g)].map(([, name = '']) => name);
    const known = new Set([...readServices().values()].flatMap((service) => service.profiles));
    expect(profiles.filter((name) => !known.has(name))).toEqual([]);
  });
});

test('what is looked for would be found', () => {
  const program = createProgram();
  const text = [
    'npx ems-sync sink TAGSERVER Person 12',
    'npx ems-sync schedules stop TAGSERVER',
    '`npx ems-sync sync TAGSERVER Person 12 --wiat`',
    'docker compose run --rm setup node clients/cli/main.ts migrate --with-notfy',
    '`migrate --with-rolls`',
    'npx ems-sync sync TAGSERVER Person 12 --wait',
  ].join('\n');
  expect(commandsIn(text).flatMap((words) => unknownIn(program, words))).toEqual([
    'sink',
    'schedules stop',
    'sync --wiat',
    'migrate --with-notfy',
    'migrate --with-rolls',
  ]);
});

test('each rule has a record that says why, and names its tests or what is missing', () => {
  const records = pagesIn('docs/decisions').filter((page) => !page.endsWith('README.md'));
  const numbers = records.map((page) => Number(/^# Rule (\d+): /.exec(read(page))?.[1]));
  expect(numbers).toEqual(Array.from({ length: records.length }, (_, index) => index + 1));
  const index = read('docs/decisions/README.md');
  expect(records.filter((page) => !index.includes(`(${page.split('/').at(-1)})`))).toEqual([]);
  const isShown = (page: string) => /^- `test\/[\w/-]+\.test\.ts`/m.test(read(page)) || /^## State$/m.test(read(page));
  expect(records.filter((page) => !/^## Why$/m.test(read(page)) || !isShown(page))).toEqual([]);
});

test('a rule that code refers to by its number has a record', () => {
  const rules = sourceFiles().flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/\brule (\d+)\b/g)].map(([, number]) => Number(number)),
  );
  expect(rules.length).toBeGreaterThan(5);
  expect(rules.filter((number) => number > pagesIn('docs/decisions').length - 1)).toEqual([]);
});

test.each([
  ['docs/pitfalls.md', 100],
  ['docs/correctness.md', 0],
  ['docs/decisions', 40],
])('every test that %s names is there', (page, atLeast) => {
  const table = page.endsWith('.md') ? read(page) : pagesIn(page).map(read).join('\n');
  const named = [...table.matchAll(/`([\w/.-]+\.test\.ts)`([^`|]*)/g)].flatMap(([, file = '', after = '']) =>
    [...after.matchAll(/\*([^*]{12,})\*/g)].map(([, title = '']) => [file, title] as const),
  );
  expect(named.length).toBeGreaterThan(atLeast);
  expect(named.filter((one) => !isThere(one))).toEqual([]);
  const files = [...table.matchAll(/`([\w/.-]+\.test\.ts)`/g)].map(([, file = '']) => file);
  expect(files.filter((file) => fileOf(file) === null)).toEqual([]);
});

const CODE = ['activities', 'clients', 'database', 'sync', 'targets', 'workers', 'workflows'];

function sourceFiles(): string[] {
  return CODE.flatMap((room) =>
    readdirSync(join(projectFolder, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(projectFolder, room, name)),
  );
}

const shellBlocks = (text: string) => [...text.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].map(([, block = '']) => block);

const optionsIn = (words: string) => words.split(/\s+/).filter((word) => /^--[a-z]/.test(word));

/** The words after `ems-sync` in each call, however it is invoked. */
function commandsIn(text: string): string[][] {
  const called = text.matchAll(
    /(?:npx ems-sync|`ems-sync|clients\/cli\/main\.ts|`(?=migrate --))\s*([a-z][^`\n#|)]*)/g,
  );
  return [...called].map(([, words = '']) => words.trim().split(/\s+/));
}

/** Unknown commands and options, with the command before them. */
function unknownIn(program: Command, [name = '', next = '', ...rest]: readonly string[]): string[] {
  const command = program.commands.find((one) => one.name() === name);
  if (command === undefined) return name === 'help' ? [] : [name];
  const below = command.commands.find((one) => one.name() === next);
  if (command.commands.length > 0 && below === undefined && /^[a-z]/.test(next)) return [`${name} ${next}`];
  const known = new Set((below ?? command).options.flatMap(({ long }) => long ?? []));
  return optionsIn([next, ...rest].join(' '))
    .filter((option) => option !== '--help' && !known.has(option))
    .map((option) => `${name} ${option}`);
}

/** Shell variables of clients/java/README.md. */
const OF_THE_JAVA_EXAMPLE: ReadonlySet<string> = new Set(['EMS_JDBC_URL', 'EMS_JDBC_USER', 'EMS_JDBC_PASSWORD']);

function isThere([file, title]: readonly [string, string]): boolean {
  const path = fileOf(file);
  return path !== null && readFileSync(path, 'utf8').includes(title);
}

/** Tests are named relative to the project, to `test/` or to `test/targets/`. */
function fileOf(path: string): string | null {
  const places = ['.', 'test', 'test/targets'].map((room) => join(projectFolder, room, path));
  return places.find((place) => existsSync(place)) ?? null;
}

const ROOMS = new Set(readdirSync(projectFolder).filter((name) => !name.includes('.')));

/** All upper-case words of this form: settings, states, and names that only Compose, tests or Java use. */
const SETTINGS: ReadonlySet<string> = new Set([
  ...knownSettings().flatMap((name) => [name, `${name}_FILE`]),
  ...SYNC_STATES,
  ...SYNC_OUTCOMES,
  ...SYNC_PROCESS_NAMES,
  'TEMPORAL_DB_PASSWORD',
  'MIGRATE_DATABASE_URL',
  'GATEWAY_DATABASE_URL',
  'LISTENER_DATABASE_URL',
  'NAME_FILE',
  'ROLLING_FROM',
  'MODEL_RUNS',
  'BULK_LOAD',
  'SCOREBOARD_TOKEN_FILE',
]);
