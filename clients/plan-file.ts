import { createReadStream } from 'node:fs';
import { mkdtemp, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { PlannedChange } from '../sync/planned-change.ts';
import type { Plan } from '../sync/plan.ts';

/** The form of the file; another release may have another. */
const FORM = 1;

/** Readable by its owner alone: it may have values. */
const MODE = 0o600;

export interface PlanHeader extends Plan {
  readonly plan: typeof FORM;
  /** RFC 3339, UTC. */
  readonly madeOn: string;
}

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
  for await (const line of linesOf(path)) {
    const header = JSON.parse(line) as Partial<PlanHeader>;
    if (header.plan !== FORM) break;
    return header as PlanHeader;
  }
  throw new SyntaxError('it is no plan of this release');
}

/** The changes of a saved plan, in order. */
export async function* readPlannedChanges(path: string): AsyncGenerator<PlannedChange> {
  let isHeader = true;
  for await (const line of linesOf(path)) {
    if (!isHeader) yield JSON.parse(line);
    isHeader = false;
  }
}

const linesOf = (path: string) => createInterface({ input: createReadStream(path), crlfDelay: Infinity });
