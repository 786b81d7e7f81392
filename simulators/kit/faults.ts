import { z } from 'zod';
import type { VirtualClock } from './clock.ts';
import type { SeededRandom } from './random.ts';

/** When a knob strikes; the same for every knob. Absent = always. */
const when = {
  /** `prefix` is compared with the path as sent, query included. */
  match: z.strictObject({ method: z.string().optional(), prefix: z.string().optional() }).optional(),
  /** Strikes this many requests, then is gone. */
  times: z.int().min(1).optional(),
  /** Strikes for this long by the virtual clock, then is gone. */
  forMs: z.int().min(1).optional(),
  /** Strikes this share of the requests that match (seeded). */
  chance: z.number().min(0).max(1).optional(),
};

type When = z.output<z.ZodObject<typeof when>>;

/** Declares a knob: what it takes beside `match`, `times`, `forMs` and `chance`. */
export const knob = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject({ ...shape, ...when });

const milliseconds = z.int().min(0);

/** The knobs that every simulator has. A simulator adds its own beside them. */
export const commonKnobs = {
  /** Waits before the request is worked on. */
  latency: knob({ ms: milliseconds, jitterMs: milliseconds.optional() }),
  /** Cuts the connection before the effect. */
  failBefore: knob({}),
  /** Cuts the connection after the effect: the sender cannot know. */
  failAfter: knob({}),
  /** Answers this instead of working on the request. `body` absent = the vendor's own way of putting it. */
  respond: knob({
    status: z.int().min(200).max(599),
    retryAfterSeconds: z.int().min(0).optional(),
    body: z.unknown().optional(),
  }),
  /** The effect happens and the status says so, but the body is not what the contract promises. */
  garble: knob({ as: z.enum(['shape', 'html', 'truncated']).default('shape') }),
};

type KnobSchemas = Record<string, z.ZodType<When>>;

/** What may be set: a rule, several rules (the first that matches strikes), or null to clear the knob. */
export type FaultSettings<Knobs extends KnobSchemas> = {
  readonly [Name in keyof Knobs]?: z.input<Knobs[Name]> | readonly z.input<Knobs[Name]>[] | null;
} & { readonly seed?: number };

const withSeed = z.looseObject({ seed: z.int().optional() });

interface ArmedRule {
  readonly rule: When;
  left: number;
  readonly until: number;
}

/** The knobs of one simulator and what is left of them. */
export class Faults<Knobs extends KnobSchemas> {
  readonly #schema: z.ZodType<Readonly<Record<string, When[] | undefined>>>;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #armed = new Map<string, ArmedRule[]>();

  constructor(knobs: Knobs, clock: VirtualClock, random: SeededRandom) {
    const settings = Object.entries<z.ZodType<When>>(knobs).map(([name, rule]) => [
      name,
      z.union([z.array(rule), rule.transform((one) => [one]), z.null().transform((): When[] => [])]).optional(),
    ]);
    const shape: Record<string, z.ZodType<When[] | undefined>> = Object.fromEntries(settings);
    this.#schema = z.strictObject(shape);
    this.#clock = clock;
    this.#random = random;
  }

  /** Sets the knobs that are named, and leaves the others as they are. Throws ZodError for anything unknown. */
  set(settings: unknown): void {
    const { seed, ...rules } = withSeed.parse(settings);
    const parsed = this.#schema.parse(rules);
    if (seed !== undefined) this.#random.reseed(seed);
    for (const [name, rulesOfKnob = []] of Object.entries(parsed)) {
      this.#armed.set(
        name,
        rulesOfKnob.map((rule) => ({
          rule,
          left: rule.times ?? Infinity,
          until: rule.forMs === undefined ? Infinity : this.#clock.now() + rule.forMs,
        })),
      );
    }
  }

  clear(): void {
    this.#armed.clear();
  }

  /** What is still armed, with the number of strikes left (null = no limit). */
  read(): Record<string, unknown[]> {
    return Object.fromEntries(
      [...this.#armed].map(([name, rules]) => [
        name,
        rules
          .filter((armed) => this.#alive(armed))
          .map(({ rule, left }) => ({ ...rule, left: Number.isFinite(left) ? left : null })),
      ]),
    );
  }

  /** The rule that strikes this request, if any; its count goes down by one. */
  take<Name extends keyof Knobs & string>(
    name: Name,
    request: { readonly method: string; readonly path: string },
  ): z.output<Knobs[Name]> | undefined {
    const struck = this.#armed
      .get(name)
      ?.find(
        (armed) =>
          this.#alive(armed) &&
          (armed.rule.match?.method ?? request.method) === request.method &&
          request.path.startsWith(armed.rule.match?.prefix ?? '') &&
          (armed.rule.chance === undefined || this.#random.next() < armed.rule.chance),
      );
    if (struck === undefined) return undefined;
    struck.left -= 1;
    // It came out of this very knob's schema; a map from names to lists of rules cannot say so.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return struck.rule as z.output<Knobs[Name]>;
  }

  #alive(armed: ArmedRule): boolean {
    return armed.left > 0 && this.#clock.now() < armed.until;
  }
}
