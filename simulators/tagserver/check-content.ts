import type { ErrorObject } from 'ajv';
import { dataSchemas } from './contract.ts';
import { type FieldError, Problem } from './problem.ts';
import type { ResourceContent, ResourceType } from './resource-types.ts';

const instants = new Set(['startAt', 'plannedStartAt']);

/**
 * The contract's "verbatim or 422": returns the content unchanged except that nulls are explicit, if the type's schema
 * and the additional rules allow it. Otherwise throws Problem `invalid-data` with one error per field.
 */
export function checkContent(type: ResourceType, data: unknown): ResourceContent {
  const { fits, properties } = dataSchemas[type];
  const errors = new Map<string, FieldError>();
  const fitsSchema = fits(data);
  if (!fitsSchema) for (const error of (fits.errors ?? []).map(fieldError)) addFirst(errors, error);
  if (isObject(data)) for (const error of beyondTheSchema(data)) addFirst(errors, error);
  if (!fitsSchema || errors.size > 0) {
    throw new Problem('invalid-data', `The data does not fit the schema of ${type}.`, { errors: [...errors.values()] });
  }
  return Object.fromEntries(properties.map((property) => [property, data[property] ?? null]));
}

function addFirst(errors: Map<string, FieldError>, error: FieldError): void {
  if (!errors.has(error.pointer)) errors.set(error.pointer, error);
}

/** A schema error, assigned to the field it is about. */
function fieldError({ instancePath, keyword, params, message }: ErrorObject): FieldError {
  const named: string | undefined = params['missingProperty'] ?? params['additionalProperty'];
  const pointer = named === undefined ? instancePath : `${instancePath}/${escapePointer(named)}`;
  return { pointer, code: keyword, ...(message === undefined ? {} : { detail: message }) };
}

function* beyondTheSchema(data: Readonly<Record<string, unknown>>): Iterable<FieldError> {
  for (const [property, value] of Object.entries(data)) {
    const code = typeof value === 'string' ? faultOfText(property, value) : faultOfNumber(value);
    if (code !== undefined) yield { pointer: `/${escapePointer(property)}`, code };
  }
}

function faultOfText(property: string, value: string): string | undefined {
  if (!value.isWellFormed()) return 'not-unicode';
  if (value.normalize('NFC') !== value) return 'not-nfc';
  if (value.trim() !== value) return 'surrounding-white-space';
  if (/\p{Cc}/u.test(value)) return 'control-character';
  if (instants.has(property) && !isInstant(value)) return 'not-an-instant';
  if (property === 'timeZone' && !isTimeZone(value)) return 'unknown-time-zone';
  return undefined;
}

/** The JSON parser would have rounded a larger integer, so it would not be stored verbatim. */
const faultOfNumber = (value: unknown): string | undefined =>
  Number.isInteger(value) && !Number.isSafeInteger(value) ? 'out-of-range' : undefined;

function isInstant(value: string): boolean {
  const time = Date.parse(value);
  return !Number.isNaN(time) && new Date(time).toISOString() === value;
}

/** An IANA name in its canonical spelling; the platform alone would also accept offsets and any case. */
function isTimeZone(value: string): boolean {
  if (!/^[A-Z][A-Za-z0-9_+-]*(\/[A-Z][A-Za-z0-9_+-]*)*$/.test(value)) return false;
  try {
    const known = new Intl.DateTimeFormat('en', { timeZone: value }).resolvedOptions().timeZone;
    return known === value || known.toLowerCase() !== value.toLowerCase();
  } catch {
    return false;
  }
}

export const isObject = (data: unknown): data is Readonly<Record<string, unknown>> =>
  typeof data === 'object' && data !== null && !Array.isArray(data);

const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
