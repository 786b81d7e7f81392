import { createReadStream } from 'node:fs';
import { mkdtemp, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { ENTITY_TYPES } from '../sync/entity-type.ts';
import { PLANNED_ACTIONS, type PlannedChange } from '../sync/planned-change.ts';
import type { Plan } from '../sync/plan.ts';
import { DIRECTIONS, SYNC_PROCESS_NAMES } from '../sync/sync-process-name.ts';

/** The form of the file; another release may have another. */
const FORM = 1;

/** Readable by its owner alone: it may have values. */
const MODE = 0o600;

export interface PlanHeader extends Plan {
  readonly plan: typeof FORM;
  /** RFC 3339, UTC. */
  readonly madeOn: string;
}

const type = z.enum(ENTITY_TYPES);
const count = z.int().min(0);
const key = z.string().regex(/^-?\d{1,19}$/, { error: 'must be the id of an EMS row' });
const json = z.json();

const HEADER: z.ZodType<PlanHeader> = z.strictObject({
  plan: z.literal(FORM),
  madeOn: z.string(),
  process: z.enum(SYNC_PROCESS_NAMES),
  types: z.array(type).nullable(),
  counts: z.partialRecord(type, z.partialRecord(z.enum([...PLANNED_ACTIONS, 'unchanged']), count)),
  held: z.array(
    z.strictObject({
      type,
      kind: z.enum(['unlink', 'delete', 'update']),
      held: count,
      linked: count,
      examples: z.array(key),
    }),
  ),
  stopped: z.array(z.strictObject({ type, reason: z.string() })),
});

const CHANGE: z.ZodType<PlannedChange> = z.strictObject({
  direction: z.enum(DIRECTIONS),
  type,
  id: key.nullable(),
  remoteId: z.string().exactOptional(),
  action: z.enum(PLANNED_ACTIONS),
  fields: z.array(z.strictObject({ field: z.string(), before: json.exactOptional(), after: json })).exactOptional(),
  reason: z.string().exactOptional(),
  optOuts: z.array(z.string()).exactOptional(),
  releases: z.literal(true).exactOptional(),
  hash: z.string(),
});

/**
 * A plan on disk, one JSON object a line: first the counts, then each change. Changes are kept in a file from the start,
 * so that a plan of a million rows needs no more memory than one of ten.
 */
export class PlanFile {
  readonly #folder: string;
  readonly #changes: FileHandle;
  #pending: string[] = [];

  private constructor(folder: string, changes: FileHandle) {
    this.#folder = folder;
    this.#changes = changes;
  }

  /** @param path where the plan will be; left out: it is only kept until it is closed. */
  static async create(path?: string): Promise<PlanFile> {
    const folder = await mkdtemp(join(path === undefined ? tmpdir() : dirname(path), '.ems-sync-plan-'));
    return new PlanFile(folder, await open(join(folder, 'changes'), 'wx+', MODE));
  }

  async add(change: PlannedChange): Promise<void> {
    this.#pending.push(`${JSON.stringify(change)}\n`);
    if (this.#pending.length >= 500) await this.#flush();
  }

  /** The changes so far, in order. */
  async *changes(): AsyncGenerator<PlannedChange> {
    await this.#flush();
    for await (const line of linesOf(join(this.#folder, 'changes'))) yield JSON.parse(line);
  }

  /** Writes the whole plan to its place. */
  async save(path: string, plan: Plan): Promise<void> {
    const whole = join(this.#folder, 'plan');
    const file = await open(whole, 'wx', MODE);
    try {
      const header: PlanHeader = { plan: FORM, madeOn: Temporal.Now.instant().toString(), ...plan };
      await file.write(`${JSON.stringify(header)}\n`);
      await this.#flush();
      for await (const line of linesOf(join(this.#folder, 'changes'))) await file.write(`${line}\n`);
    } finally {
      await file.close();
    }
    await rename(whole, path);
  }

  async close(): Promise<void> {
    await this.#changes.close();
    await rm(this.#folder, { recursive: true });
  }

  async #flush(): Promise<void> {
    const lines = this.#pending;
    this.#pending = [];
    if (lines.length > 0) await this.#changes.write(lines.join(''));
  }
}

/** @throws SyntaxError if it is no plan of this release. */
export async function readPlanHeader(path: string): Promise<PlanHeader> {
  for await (const line of linesOf(path)) return parsed(HEADER, line, 1);
  throw new SyntaxError('it is empty');
}

/**
 * The changes of a saved plan, in order.
 *
 * @throws SyntaxError that names the line if one is no change, or if some are missing.
 */
export async function* readPlannedChanges(path: string): AsyncGenerator<PlannedChange> {
  let number = 0;
  let missing = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    if (number === 1) {
      missing = changesIn(parsed(HEADER, line, number));
      continue;
    }
    const change = parsed(CHANGE, line, number);
    if (change.action !== 'hold') missing -= 1;
    yield change;
  }
  if (missing !== 0)
    throw new SyntaxError(
      missing > 0 ? `its end is missing: ${missing} changes` : `it has ${-missing} changes too many`,
    );
}

/** Those that have a line of their own: rows that the brake holds may only be counted. */
const changesIn = ({ counts }: Plan): number =>
  Object.values(counts)
    .flatMap((of) => Object.entries(of))
    .filter(([action]) => action !== 'unchanged' && action !== 'hold')
    .reduce((sum, [, count]) => sum + count, 0);

function parsed<T>(schema: z.ZodType<T>, line: string, number: number): T {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new SyntaxError(`line ${number} is no JSON object`);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : `, ${issue.path.join('.')}`;
  throw new SyntaxError(`line ${number}${where}: ${issue?.message}`);
}

const linesOf = (path: string) => createInterface({ input: createReadStream(path), crlfDelay: Infinity });
