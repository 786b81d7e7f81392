import type { z } from 'zod';
import { SyncError } from '../sync/sync-error.ts';
import type { HttpAnswer } from './http.ts';

/** The possible results of a call for which a refusal or a missing record is a normal answer. */
export type Answer<T, Refusal extends object> =
  | { readonly kind: 'answered'; readonly value: T; readonly status: number }
  /** The target itself says that the record does not exist. */
  | { readonly kind: 'missing' }
  /** The target rejects what was sent. */
  | ({ readonly kind: 'refused' } & Readonly<Refusal>);

/** No page that we ask for has more than a thousand items. A longer one costs as many look-ups as it has items. */
export const MOST_ITEMS = 5_000;

/** One issue is reported. A list of many wrong items would take seconds to describe. */
const FIRST_ISSUE = { reportInput: false, abortEarly: true };

/**
 * Parses an answer that must have a given shape.
 *
 * @throws SyncError of class `target-down` if the body is not JSON, because then another server answered; of class
 *   `contract`, naming the field, if the shape is different.
 */
export function readAnswer<T>(schema: z.ZodType<T>, answer: HttpAnswer): T {
  const json = parseJson(answer.body);
  if (json === undefined) throw notJson(answer);
  return readValue(schema, json, answer);
}

/**
 * Parses a value of an answer.
 *
 * @throws SyncError of class `contract`, naming the field, if the shape is different.
 */
export function readValue<T>(
  schema: z.ZodType<T>,
  value: unknown,
  { target, what }: Pick<HttpAnswer, 'target' | 'what'>,
): T {
  const parsed = schema.safeParse(value, FIRST_ISSUE);
  if (parsed.success) return parsed.data;
  const field = placeOf(schema, parsed.error);
  throw new SyncError('contract', `${target}'s answer to ${what} does not fit the contract at ${field}`, {
    code: 'contract',
    field,
  });
}

/** Parses the body of an answer; null if it is not JSON or has another shape. */
export function readBody<T>(schema: z.ZodType<T>, body: string): T | null {
  return schema.safeParse(parseJson(body), FIRST_ISSUE).data ?? null;
}

/** Undefined if the text is not JSON. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Another server answered in the target's place (a proxy, a sign-in page), or the answer was truncated. */
export function notJson({ target, what, status }: HttpAnswer): SyncError {
  return new SyncError('target-down', `${target} answered ${what} with ${status}, and the body is not JSON`, {
    code: 'not-json',
  });
}

/**
 * The path of a value that does not fit, for example `items.1.data`. It contains only positions and names that the
 * schema declares, because any other key is text from the remote.
 */
export function placeOf(schema: z.core.$ZodType, { issues: [issue] }: z.ZodError): string {
  if (issue === undefined || issue.path.length === 0) return 'body';
  const declared = declaredNames(schema);
  return issue.path
    .map((key) => (typeof key === 'number' || declared.has(String(key)) || POSITION.test(String(key)) ? key : '*'))
    .join('.');
}

/** PHP may encode a list as an object. */
const POSITION = /^\d{1,9}$/;

/** The nested schemas in zod's definition. */
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
