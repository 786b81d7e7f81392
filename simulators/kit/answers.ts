import { z } from 'zod';

/**
 * Returns what is wrong with a body, or undefined if the vendor could answer this. `path` is the request's path with
 * its query.
 */
export type Fit = (body: unknown, path: string) => string | undefined;

/** What the vendor answers to one call, by status; null = no body. */
export type AnswersOfRoute = Readonly<Record<number, Fit | null>>;

export interface VendorAnswers {
  /** Keyed by method and route without the API's prefix: `GET /lists/:list/members`. */
  readonly routes: Readonly<Record<string, AnswersOfRoute>>;
  /** Checks every refusal (status 400 and above) that its route does not list. */
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
  /** Without the API's prefix; empty for a path without a route. */
  readonly route: string;
  readonly path: string;
  readonly status: number;
  /** The body as sent. */
  readonly payload: string;
}

/** Report only the first issues: a page of a thousand rows repeats the same mistake a thousand times. */
const TOLD_ISSUES = 5;

/** Checks a body with zod. Schemas must be closed: `z.strictObject`. */
export const fits =
  (schema: z.ZodType): Fit =>
  (body) => {
    const parsed = schema.safeParse(body);
    return parsed.success ? undefined : z.prettifyError({ issues: parsed.error.issues.slice(0, TOLD_ISSUES) });
  };

/**
 * Checks each answer of a simulator against the vendor's known answers. A simulator that answers more than its vendor
 * would let a client pass that fails at the real one.
 */
export class AnswerCheck {
  readonly #answers: VendorAnswers;
  readonly #misfits: Misfit[] = [];

  constructor(answers: VendorAnswers) {
    this.#answers = answers;
  }

  /** All misfits since the process started, each once. A reset does not clear them. */
  get misfits(): readonly Misfit[] {
    return this.#misfits;
  }

  /** @returns what is wrong with the answer; undefined = the vendor could answer this */
  check(answered: Answered): string | undefined {
    // Fastify answers HEAD from the GET route, without the body.
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

/** The parsed JSON, or the text itself if it is not JSON. */
const readJson = (payload: string): unknown => {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
};
