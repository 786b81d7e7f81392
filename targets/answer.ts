import type { z } from 'zod';
import { SyncError } from '../sync/sync-error.ts';
import type { HttpAnswer } from './http.ts';

/** What a call can come to, where a refusal or a missing record is an answer like any other. */
export type Answer<T, Refusal extends object> =
  | { readonly kind: 'answered'; readonly value: T; readonly status: number }
  /** The target itself says that the record is not there. */
  | { readonly kind: 'missing' }
  /** The target does not take what was sent. */
  | ({ readonly kind: 'refused' } & Readonly<Refusal>);

/**
 * Reads an answer that must have a shape.
 *
 * @throws SyncError of class `target-down` if the body is not JSON, since the target cannot have said that; of class
 *   `contract`, naming the field, if it has another shape.
 */
export function readAnswer<T>(schema: z.ZodType<T>, answer: HttpAnswer): T {
  const json = parseJson(answer.body);
  if (json === undefined) throw notJson(answer);
  return readValue(schema, json, answer);
}

/**
 * Reads a value of an answer.
 *
 * @throws SyncError of class `contract`, naming the field, if it has another shape.
 */
export function readValue<T>(
  schema: z.ZodType<T>,
  value: unknown,
  { target, what }: Pick<HttpAnswer, 'target' | 'what'>,
): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const field = placeOf(schema, parsed.error);
  throw new SyncError('contract', `${target}'s answer to ${what} does not fit the contract at ${field}`, {
    code: 'contract',
    field,
  });
}

/** What a body says beside its status; null if it is not JSON, or has another shape. */
export function readBody<T>(schema: z.ZodType<T>, body: string): T | null {
  return schema.safeParse(parseJson(body)).data ?? null;
}

/** Undefined: it is not JSON. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Another server answers in the target's place (a proxy, a sign-in page), or the answer was cut. */
export function notJson({ target, what, status }: HttpAnswer): SyncError {
  return new SyncError('target-down', `${target} answered ${what} with ${status}, and the body is not JSON`, {
    code: 'not-json',
  });
}

/**
 * Where a value does not fit, for example `items.1.data`. Only positions and names that the schema declares are told: any other
 * key is the remote's own text.
 */
export function placeOf(schema: z.core.$ZodType, { issues: [issue] }: z.ZodError): string {
  if (issue === undefined || issue.path.length === 0) return 'body';
  const declared = declaredNames(schema);
  return issue.path
    .map((key) => (typeof key === 'number' || declared.has(String(key)) || POSITION.test(String(key)) ? key : '*'))
    .join('.');
}

/** PHP's lists may come as objects. */
const POSITION = /^\d{1,9}$/;

/** What zod keeps of the schemas inside another. */
interface Parts {
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly options?: readonly z.core.$ZodType[];
  readonly element?: z.core.$ZodType;
  readonly valueType?: z.core.$ZodType;
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly out?: z.core.$ZodType;
}

function declaredNames(schema: z.core.$ZodType): ReadonlySet<string> {
  const { shape = {}, options = [], ...one } = schema._zod.def as Parts;
  const within = [one.element, one.valueType, one.innerType, one.in, one.out].filter((part) => part !== undefined);
  const parts = [...Object.values(shape), ...options, ...within];
  return new Set([...Object.keys(shape), ...parts.flatMap((part) => [...declaredNames(part)])]);
}
