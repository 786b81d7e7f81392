import { z } from 'zod';
import type { VirtualClock } from './clock.ts';
import type { SeededRandom } from './random.ts';

/** When a knob applies, the same for every knob. Absent = always. */
const when = {
  /** `prefix` is compared with the path as sent, query included. */
  match: z.strictObject({ method: z.string().optional(), prefix: z.string().optional() }).optional(),
  /** Applies to this many requests, then is removed. */
  times: z.int().min(1).optional(),
  /** Applies for this long by the virtual clock, then is removed. */
  forMs: z.int().min(1).optional(),
  /** Applies to this share of the matching requests (seeded). */
  chance: z.number().min(0).max(1).optional(),
};

type When = z.output<z.ZodObject<typeof when>>;

/** Declares a knob with its own properties plus `match`, `times`, `forMs` and `chance`. */
export const knob = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject({ ...shape, ...when });

const milliseconds = z.int().min(0);

/** Also for headers, which carry printable ASCII only. */
const hostileTexts = z.array(z.string().regex(/^[ -~]+$/)).min(1);

/** The knobs of every simulator. A simulator may add its own. */
export const commonKnobs = {
  /** Delays the request before it is processed. */
  latency: knob({ ms: milliseconds, jitterMs: milliseconds.optional() }),
  /** Closes the connection before the effect. */
  failBefore: knob({}),
  /** Closes the connection after the effect, so the sender cannot know whether it happened. */
  failAfter: knob({}),
  /** Sends this answer instead of processing the request. `body` absent = the vendor's own format. */
  respond: knob({
    status: z.int().min(200).max(599),
    retryAfterSeconds: z.int().min(0).optional(),
    body: z.unknown().optional(),
  }),
  /** The effect happens and the status is right, but the body breaks the contract. */
  garble: knob({ as: z.enum(['shape', 'html', 'truncated']).default('shape') }),
  /** The effect happens, but the answer is that of an earlier request of the same kind about another record. */
  mixUp: knob({}),
  /** Refuses instead of processing the request: in the vendor's format, but every text is one of `texts`. */
  hostileRefusal: knob({ status: z.int().min(200).max(599), texts: hostileTexts }),
  /** The effect happens, but this share of the answer's texts are of `texts`; so are names of further properties. */
  hostileAnswer: knob({ share: z.number().min(0).max(1).default(1), texts: hostileTexts }),
};

type KnobSchemas = Record<string, z.ZodType<When>>;

/** What may be set: a rule, several rules (the first match applies), or null to clear the knob. */
export type FaultSettings<Knobs extends KnobSchemas> = {
  readonly [Name in keyof Knobs]?: z.input<Knobs[Name]> | readonly z.input<Knobs[Name]>[] | null;
} & { readonly seed?: number };

const withSeed = z.looseObject({ seed: z.int().optional() });

interface ArmedRule {
  readonly rule: When;
  left: number;
  readonly until: number;
}

/** The knobs of one simulator and their remaining rules. */
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

  /** Sets only the knobs given. Throws ZodError for unknown ones. */
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

  /** The active rules with their remaining uses (null = no limit). */
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

  /** Returns the rule that applies to this request, if any, and decrements its remaining uses. */
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
    // The rule was parsed with this knob's schema; a map from names to lists of rules cannot express that.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return struck.rule as z.output<Knobs[Name]>;
  }

  #alive(armed: ArmedRule): boolean {
    return armed.left > 0 && this.#clock.now() < armed.until;
  }
}
