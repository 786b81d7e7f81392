import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Direction, SyncProcessName } from '../sync/sync-process-name.ts';
import { TARGETS } from '../targets/index.ts';
import type { Target } from '../targets/sync-process.ts';
import { parseCron } from './cron-expression.ts';
import { insecureSettings } from './insecure-settings.ts';
import { misspelt } from './misspelt.ts';
import { commonSettings, type CommonSettings } from './schema.ts';
import { SettingsError } from './settings-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** A process whose required settings are all set. */
export interface EnabledTarget {
  readonly target: Target;
  readonly settings: Readonly<Record<string, unknown>>;
  /** Cron expression of each schedule. */
  readonly cron: Readonly<Partial<Record<Direction, string>>>;
  /** Cron expression of the comparison with the target; left out: none is scheduled. */
  readonly compareCron?: string;
  /** `shadow`: its schedules run, and its sweeps only tell what they would do. */
  readonly mode: SyncMode;
}

export type SyncMode = 'live' | 'shadow';

export interface Settings {
  readonly common: CommonSettings;
  readonly enabled: readonly EnabledTarget[];
  /** Disabled processes, with their missing required settings. */
  readonly off: readonly { readonly process: SyncProcessName; readonly missing: readonly string[] }[];
}

const EVERY_MINUTE = '* * * * *';

/**
 * Reads the settings from environment variables; each may also come from a file named in `NAME_FILE`.
 *
 * @throws SettingsError with all problems, one per line.
 */
export function readSettings(environment: Environment, targets: readonly Target[] = TARGETS): Settings {
  const problems: string[] = [];
  const read = (name: string) => readOne(environment, name, problems);

  const common = parse(commonSettings, read, problems);
  const enabled: EnabledTarget[] = [];
  const off: Settings['off'][number][] = [];
  for (const target of targets) {
    const { name, directions } = target.process;
    const names = Object.keys(target.settings.shape);
    if (names.every((setting) => read(setting) === undefined)) {
      const { shape } = target.settings;
      off.push({ process: name, missing: names.filter((setting) => isNeeded(shape[setting])) });
      continue;
    }
    const settings = parse(target.settings, read, problems);
    const cron = Object.fromEntries(
      directions.map((direction) => [direction, cronOf(name, direction, read, problems)]),
    );
    const compareCron = read(compareName(name));
    if (compareCron !== undefined) checkCron(compareName(name), compareCron, problems);
    const mode = modeOf(name, read, problems);
    if (settings !== undefined) {
      enabled.push({ target, settings, cron, mode, ...(compareCron === undefined ? {} : { compareCron }) });
    }
  }
  if (common !== undefined && common.SYNC_KEY === undefined && enabled.length > 0) {
    const names = enabled.map(({ target }) => target.process.name).join(', ');
    problems.push(`SYNC_KEY is missing: ${names} cannot be synced without it (openssl rand -base64 32)`);
  }
  if (common !== undefined) problems.push(...insecureSettings(common, enabled));
  problems.push(...misspelt(environment, knownSettings(targets)));
  if (common === undefined || problems.length > 0) throw new SettingsError([...new Set(problems)]);
  return { common, enabled, off };
}

/** The names of all settings of this release, those of targets included. */
export function knownSettings(targets: readonly Target[] = TARGETS): string[] {
  return [
    ...Object.keys(commonSettings.shape),
    ...targets.flatMap(({ process, settings }) => [
      ...Object.keys(settings.shape),
      ...process.directions.map((direction) => cronName(process.name, direction)),
      compareName(process.name),
      modeName(process.name),
    ]),
  ];
}

function readOne(environment: Environment, name: string, problems: string[]): string | undefined {
  const value = environment[name];
  const file = environment[`${name}_FILE`];
  if (value !== undefined && value.trim() !== '') return value;
  // TEMPORAL_TLS_CERT_FILE and similar settings are file names themselves.
  if (file === undefined || file === '') return undefined;
  try {
    const content = readFileSync(file, 'utf8').trim();
    if (content !== '') return content;
    problems.push(`${name}_FILE: ${file} is empty`);
  } catch {
    problems.push(`${name}_FILE: cannot read ${file}`);
  }
  return undefined;
}

function parse<S extends z.ZodObject>(
  schema: S,
  read: (name: string) => string | undefined,
  problems: string[],
): z.infer<S> | undefined {
  const values = Object.fromEntries(Object.keys(schema.shape).map((name) => [name, read(name)]));
  const parsed = schema.safeParse(values);
  if (parsed.success) return parsed.data;
  for (const { path, message } of parsed.error.issues) {
    const name = path.join('.');
    // Already reported with the real cause: its `NAME_FILE` could not be read.
    if (problems.some((problem) => problem.startsWith(`${name}_FILE:`))) continue;
    problems.push(values[name] === undefined ? `${name} is missing: it ${message}` : `${name} ${message}`);
  }
  return undefined;
}

const isNeeded = (setting: z.core.$ZodType | undefined) =>
  setting !== undefined && !z.safeParse(setting, undefined).success;

const cronName = (process: SyncProcessName, direction: Direction) => `SYNC_CRON_${process}_${direction.toUpperCase()}`;

function cronOf(
  process: SyncProcessName,
  direction: Direction,
  read: (name: string) => string | undefined,
  problems: string[],
): string {
  const name = cronName(process, direction);
  const cron = read(name) ?? EVERY_MINUTE;
  checkCron(name, cron, problems);
  return cron;
}

const compareName = (process: SyncProcessName) => `SYNC_CRON_${process}_COMPARE`;

function checkCron(name: string, cron: string, problems: string[]): void {
  try {
    parseCron(cron);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.push(`${name} ${error.message}`);
  }
}

const modeName = (process: SyncProcessName) => `SYNC_MODE_${process}`;

function modeOf(process: SyncProcessName, read: (name: string) => string | undefined, problems: string[]): SyncMode {
  const mode = read(modeName(process)) ?? 'live';
  if (mode !== 'live' && mode !== 'shadow') problems.push(`${modeName(process)} must be live or shadow`);
  return mode === 'shadow' ? 'shadow' : 'live';
}
