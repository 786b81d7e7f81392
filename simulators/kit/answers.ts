import { z } from 'zod';

/** What the vendor answers to one call, by status: a schema for each; null = no body. */
export type AnswersOfRoute = Readonly<Record<number, z.ZodType | null>>;

/** An answer that the vendor would not give. */
export interface Misfit {
  readonly method: string;
  /** As the route declares it, with its prefix. */
  readonly route: string;
  readonly status: number;
  readonly reason: string;
}

export interface Answered {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  /** As sent. */
  readonly payload: string;
}

/**
 * Holds each answer of a simulator against what its vendor is known to answer. A simulator that answers more than the
 * vendor does lets a client pass that fails at the real one.
 */
export class AnswerCheck {
  readonly #routes: Readonly<Record<string, AnswersOfRoute>>;
  readonly #refusals: z.ZodType;
  readonly #misfits: Misfit[] = [];

  /**
   * @param routes by method and route (`GET /lists/:list/members`), without the prefix of the API
   * @param refusals what every refusal (status 400 and above) looks like that its route does not list
   */
  constructor(routes: Readonly<Record<string, AnswersOfRoute>>, refusals: z.ZodType) {
    this.#routes = routes;
    this.#refusals = refusals;
  }

  /** Those found since the process started. A reset does not clear them. */
  get misfits(): readonly Misfit[] {
    return this.#misfits;
  }

  /** @returns what is wrong with it; undefined if the vendor could answer this */
  check(answered: Answered): string | undefined {
    const reason = this.#misfitOf(answered);
    if (reason === undefined) return undefined;
    const { method, route, status } = answered;
    this.#misfits.push({ method, route, status, reason });
    return reason;
  }

  #misfitOf({ method, route, status, payload }: Answered): string | undefined {
    const listed = this.#routes[`${method} ${route}`];
    const schema = listed?.[status] ?? (status >= 400 ? this.#refusals : undefined);
    if (listed === undefined && status < 400) return `no answers are declared for ${method} ${route}`;
    if (listed?.[status] === null) return payload === '' ? undefined : `status ${status} has no body`;
    if (schema === undefined) return `${method} ${route} does not answer ${status}`;
    const parsed = schema.safeParse(readJson(payload));
    return parsed.success ? undefined : z.prettifyError(parsed.error);
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
