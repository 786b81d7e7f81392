import type { FastifyRequest } from 'fastify';
import { RunSignupError } from './error-codes.ts';
import { parseDate } from './times.ts';

/** The query of a request. Of repeated parameters the last one counts; an empty one counts as absent. */
export class Parameters {
  readonly #values: URLSearchParams;

  constructor(request: FastifyRequest) {
    this.#values = new URL(request.url, 'http://localhost').searchParams;
  }

  text(name: string): string | undefined {
    return this.#values.getAll(name).at(-1) || undefined;
  }

  flag(name: string): boolean {
    return this.text(name) === 'T';
  }

  /** @throws RunSignupError 3 for anything but an integer. */
  int(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    if (!/^-?\d{1,15}$/.test(text)) throw new RunSignupError(3);
    return Number(text);
  }

  /** A comma-separated list. @throws RunSignupError 3 if it is missing or contains anything but integers. */
  ids(name: string): number[] {
    const parts = (this.text(name) ?? '').split(',').map((part) => part.trim());
    if (!parts.every((part) => /^\d{1,15}$/.test(part))) throw new RunSignupError(3);
    return [...new Set(parts.map(Number))];
  }

  /** `YYYY-MM-DD`. @throws RunSignupError 9 for an invalid date. */
  date(name: string, nowSeconds: number): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const date = parseDate(text, nowSeconds);
    if (date === undefined) throw new RunSignupError(9);
    return date;
  }

  /** @throws RunSignupError 3 for page 0, or for a page size above `maximum` if `refuseOversized` is set. */
  page(maximum: number, refuseOversized: boolean): { readonly limit: number; readonly offset: number } {
    const page = this.int('page') ?? 1;
    const asked = this.int('results_per_page') ?? DEFAULT_PAGE_SIZE;
    if (page < 1 || asked < 1 || (refuseOversized && asked > maximum)) throw new RunSignupError(3);
    const limit = Math.min(asked, maximum);
    return { limit, offset: (page - 1) * limit };
  }
}

const DEFAULT_PAGE_SIZE = 50;
