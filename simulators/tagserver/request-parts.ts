import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Problem } from './problem.ts';
import { type ResourceType, resourceTypes } from './resource-types.ts';

const externalId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._~-]{0,127}$/);
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
const limit = z.coerce.number().int().min(1).max(1000).default(200);

export const listParameters = z.object({
  eventId: externalId.optional(),
  raceId: externalId.optional(),
  fields: z.enum(['full', 'hash']).default('full'),
  includeDeleted: flag.default(false),
  cursor: z.string().optional(),
  limit,
});

export const changesParameters = z.object({
  after: z.string().optional(),
  types: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(z.enum(resourceTypes)))
    .default([...resourceTypes]),
  excludeClient: z.string().optional(),
  wait: z.coerce.number().int().min(0).max(25).default(0),
  limit,
});

export const deleteParameters = z.object({ cascade: flag.default(false) });
export const batchParameters = z.object({ atomic: flag.default(false) });

/** Parses the query with the schema. Throws Problem `invalid-data` naming the parameter. */
export function queryOf<Output>(request: FastifyRequest, schema: z.ZodType<Output>): Output {
  const parsed = schema.safeParse(request.query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Problem('invalid-data', `Query parameter ${issue?.path.join('.')}: ${issue?.message}`);
}

const typeInPath = z.object({ type: z.enum(resourceTypes) });
const idInPath = z.object({ externalId });

/** The type in the path. Throws Problem `not-found` for a type that is not in the contract. */
export function typeOf(request: FastifyRequest): ResourceType {
  const parsed = typeInPath.safeParse(request.params);
  if (parsed.success) return parsed.data.type;
  throw new Problem('not-found', `There is no such type; there are ${resourceTypes.join(', ')}.`);
}

/** The id in the path. Throws Problem `invalid-data` if it does not match the contract's pattern. */
export function externalIdOf(request: FastifyRequest): string {
  const parsed = idInPath.safeParse(request.params);
  if (parsed.success) return parsed.data.externalId;
  throw new Problem('invalid-data', 'The external id in the path does not match the pattern of the contract.');
}

/** `X-Source-Version`; absent = not compared. Throws Problem `invalid-data` for anything but an integer. */
export function sourceVersionOf(request: FastifyRequest): number | undefined {
  const text = header(request, 'x-source-version');
  if (text === undefined) return undefined;
  const sourceVersion = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(sourceVersion)) return sourceVersion;
  throw new Problem('invalid-data', 'Header X-Source-Version must be a whole number from 0 to 2^53-1.');
}

export function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}
