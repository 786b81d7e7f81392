import { z } from 'zod';

/** What is wrong with a body; undefined = the vendor could answer this. `path` is the request's, with its query. */
export type Fit = (body: unknown, path: string) => string | undefined;

/** What the vendor answers to one call, by status; null = without a body. */
export type AnswersOfRoute = Readonly<Record<number, Fit | null>>;

export interface VendorAnswers {
  /** By method and route without the prefix of the API: `GET /lists/:list/members`. */
  readonly routes: Readonly<Record<string, AnswersOfRoute>>;
  /** Every refusal (status 400 and above) that its route does not list. */
  readonly refusals: Fit;
}

/** An answer that the vendor would not give. */
export interface Misfit {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly reason: string;
}

export interface Answered {
  readonly method: string;
  /** Without the prefix of the API; empty for a path without a route. */
  readonly route: string;
  readonly path: string;
  readonly status: number;
  /** As sent. */
  readonly payload: string;
}

/** A page of a thousand rows has the same mistake a thousand times. */
const TOLD_ISSUES = 5;

/** A body that zod accepts. Schemas are closed: `z.strictObject`. */
export const fits =
  (schema: z.ZodType): Fit =>
  (body) => {
    const parsed = schema.safeParse(body);
    return parsed.success ? undefined : z.prettifyError({ issues: parsed.error.issues.slice(0, TOLD_ISSUES) });
  };

/**
 * Holds each answer of a simulator against what its vendor is known to answer. A simulator that answers more than its
 * vendor lets a client pass that fails at the real one.
 */
export class AnswerCheck {
  readonly #answers: VendorAnswers;
  readonly #misfits: Misfit[] = [];

  constructor(answers: VendorAnswers) {
    this.#answers = answers;
  }

  /** Those found since the process started, each once. A reset does not clear them. */
  get misfits(): readonly Misfit[] {
    return this.#misfits;
  }

  /** @returns what is wrong with it; undefined = the vendor could answer this */
  check(answered: Answered): string | undefined {
    // It is a GET without its body, and fastify makes it.
    if (answered.method === 'HEAD') return undefined;
    const reason = this.#reason(answered);
    if (reason !== undefined) {
      const { method, route, status } = answered;
      const known = this.#misfits.some((one) => one.route === route && one.reason === reason && one.method === method);
      if (!known) this.#misfits.push({ method, route, status, reason });
    }
    return reason;
  }

  #reason({ method, route, path, status, payload }: Answered): string | undefined {
    const { routes, refusals } = this.#answers;
    const fit = routes[`${method} ${route}`]?.[status] ?? (status >= 400 ? refusals : undefined);
    if (routes[`${method} ${route}`]?.[status] === null) return payload === '' ? undefined : 'it has no body';
    return fit === undefined ? 'it is not declared' : fit(readJson(payload), path);
  }
}

/** The value, or the text itself where it is not JSON. */
const readJson = (payload: string): unknown => {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
};
