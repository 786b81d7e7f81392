import { RunSignupError } from './error-codes.ts';

/** A request value as PHP takes it: `101` and `"101"` are equal, `""` is null. Undefined: not sent. */
type Sent<Value> = Value | null | undefined;

/** @throws RunSignupError with `code` for anything but an integer of at least 0. */
export function looseInt(value: unknown, code: number): Sent<number> {
  if (value === undefined || value === null) return value;
  if (value === '') return null;
  const number = typeof value === 'number' ? value : typeof value === 'string' && /^\d+$/.test(value) ? +value : NaN;
  if (!Number.isSafeInteger(number) || number < 0) throw new RunSignupError(code);
  return number;
}

/** @throws RunSignupError with `code` for a list or an object. */
export function looseText(value: unknown, code: number, trim: boolean): Sent<string> {
  if (value === undefined || value === null) return value;
  if (typeof value !== 'string' && typeof value !== 'number') throw new RunSignupError(code);
  const text = trim ? String(value).trim() : String(value);
  return text === '' ? null : text;
}

/** Only "T" is true; a JSON `true` is not. */
export const looseFlag = (value: unknown): boolean => value === 'T';

export const toFlag = (value: boolean): 'T' | 'F' => (value ? 'T' : 'F');

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @throws RunSignupError 11 for anything else. */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new RunSignupError(11);
  return value;
}

/** @throws RunSignupError 11 for anything but a list of objects. */
export function objectsOf(value: unknown): Readonly<Record<string, unknown>>[] {
  if (!Array.isArray(value)) throw new RunSignupError(11);
  return value.map(objectOf);
}

/** A property that holds a list; no property if the list is empty and `leftOut` is true. */
export const listProperty = <Name extends string, Value>(
  name: Name,
  elements: readonly Value[],
  leftOut: boolean,
): Partial<Record<Name, readonly Value[]>> =>
  leftOut && elements.length === 0 ? {} : ({ [name]: elements } as Record<Name, readonly Value[]>);
