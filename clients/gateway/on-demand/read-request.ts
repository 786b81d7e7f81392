import type { z } from 'zod';
import type { SyncProcessName } from '../../../sync/sync-process-name.ts';
import type { PairRef } from '../../../workflows/pair-start.ts';
import { asDeclared } from '../../plain-name.ts';
import { Problem, type Finding } from './problems.ts';
import { processOf } from './processes.ts';
import {
  askQuery,
  entitiesToSync,
  ENTITIES_AT_MOST,
  pathParameters,
  PROCESS_NAMES,
  TYPE_NAMES,
  WAIT_AT_MOST_SECONDS,
} from './schemas.ts';

/** Disabled processes, with their missing settings. */
export type OffProcesses = readonly { readonly process: SyncProcessName; readonly missing: readonly string[] }[];

/** Report at most this many errors. */
const FINDINGS_AT_MOST = 20;

/** The pair named in a path. @throws Problem */
export function pairInPath(parameters: unknown, off: OffProcesses): PairRef {
  const parsed = pathParameters.safeParse(inDeclaredSpelling(parameters));
  if (!parsed.success) throw problemOf(parsed.error.issues, '');
  const { process, type, id } = parsed.data;
  const pair = { process, type, key: id };
  refuseUnservable([pair], off, () => '');
  return pair;
}

/** The pairs listed in a body, in its order. @throws Problem if any of them is invalid: then nothing is requested. */
export function pairsInBody(body: Buffer, off: OffProcesses): PairRef[] {
  const list = jsonIn(body);
  if (Array.isArray(list) && list.length > ENTITIES_AT_MOST) {
    throw new Problem('too-many', { detail: `${list.length} entities; at most ${ENTITIES_AT_MOST} go in one request` });
  }
  const parsed = entitiesToSync.safeParse(Array.isArray(list) ? list.map(inDeclaredSpelling) : list);
  if (!parsed.success) throw problemOf(parsed.error.issues, 'the body');
  const pairs = parsed.data.map(({ process, type, id }) => ({ process, type, key: id }));
  refuseUnservable(pairs, off, (index) => `/${index}`);
  return pairs;
}

const JSON_TYPE = /^application\/(?:json|[\w.-]+\+json)\s*(?:;|$)/i;

/** A body without a type is read as JSON. @throws Problem */
export function assertJson(contentType: string | undefined): void {
  if (contentType === undefined || JSON_TYPE.test(contentType)) return;
  throw new Problem('media-type', { detail: 'send Content-Type: application/json', accepts: 'application/json' });
}

/** Process and type are found in any spelling, as on the command line. */
function inDeclaredSpelling(named: unknown): unknown {
  if (typeof named !== 'object' || named === null || Array.isArray(named)) return named;
  const { process, type } = named as Readonly<Record<string, unknown>>;
  return {
    ...named,
    ...(process === undefined ? {} : { process: asDeclared(process, PROCESS_NAMES) }),
    ...(type === undefined ? {} : { type: asDeclared(type, TYPE_NAMES) }),
  };
}

/**
 * How long the caller wants to wait, in milliseconds; 0: not at all. `preferred`: requested by `Prefer: wait=…` (RFC
 * 7240).
 */
export interface Wait {
  readonly ms: number;
  readonly preferred: boolean;
}

const PREFERRED_WAIT = /(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i;

/**
 * The query takes precedence over `Prefer`, which is only a preference and is capped at the maximum. @throws Problem
 */
export function waitIn(query: unknown, prefer: string | readonly string[] | undefined): Wait {
  const parsed = askQuery.safeParse(query);
  if (!parsed.success) throw problemOf(parsed.error.issues, '');
  if (parsed.data.wait !== undefined) return { ms: parsed.data.wait * 1_000, preferred: false };
  const preferred = PREFERRED_WAIT.exec([prefer ?? ''].flat().join(','))?.[1];
  if (preferred === undefined) return { ms: 0, preferred: false };
  return { ms: Math.min(Number(preferred), WAIT_AT_MOST_SECONDS) * 1_000, preferred: true };
}

const KEY = /^"?([\x21\x23-\x5b\x5d-\x7e]{1,200})"?$/;

/** The caller's `Idempotency-Key`, with or without quotes; null if there is none. @throws Problem */
export function idempotencyKeyIn(header: unknown): string | null {
  if (header === undefined) return null;
  const key = typeof header === 'string' ? KEY.exec(header)?.[1] : undefined;
  if (key !== undefined) return key;
  throw new Problem('malformed-request', {
    detail: 'Idempotency-Key has 1 to 200 characters, without blanks, for example a UUID',
  });
}

function jsonIn(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Problem('malformed-request', { detail: 'the body is not valid JSON' });
  }
}

/** An unknown name is reported with the valid ones; everything else is malformed. */
function problemOf(issues: readonly z.core.$ZodIssue[], whole: string): Problem {
  const unknown = issues.find(({ code, path }) => code === 'invalid_value' && nameAt(path) !== null);
  const isMalformed = issues.some(({ code, path }) => code !== 'invalid_value' || nameAt(path) === null);
  const errors = issues.slice(0, FINDINGS_AT_MOST).map(findingOf);
  if (unknown?.code === 'invalid_value' && !isMalformed) {
    const valid = unknown.values.map(String);
    const kind = nameAt(unknown.path) === 'process' ? 'unknown-process' : 'unknown-type';
    return new Problem(kind, { detail: `it is one of ${valid.join(', ')}`, valid, errors });
  }
  const first = errors[0] ?? { pointer: '', detail: 'cannot be read' };
  return new Problem('malformed-request', { detail: `${first.pointer.slice(1) || whole} ${first.detail}`, errors });
}

function nameAt(path: readonly PropertyKey[]): 'process' | 'type' | null {
  const last = path.at(-1);
  return last === 'process' || last === 'type' ? last : null;
}

function findingOf({ path, message, code }: z.core.$ZodIssue): Finding {
  return {
    pointer: path.map((part) => `/${String(part)}`).join(''),
    detail: code === 'invalid_value' ? 'is not known' : message,
  };
}

/** @throws Problem if a process does not have the type, or is disabled. */
function refuseUnservable(pairs: readonly PairRef[], off: OffProcesses, pointer: (index: number) => string): void {
  const unknown = pairs.findIndex(({ process, type }) => !typesOf(process).includes(type));
  if (unknown >= 0) {
    const { process, type } = pairs[unknown] as PairRef;
    const valid = typesOf(process);
    const detail = `${process} has no ${type}; it has ${valid.join(', ')}`;
    throw new Problem('unknown-type', { detail, valid, errors: [{ pointer: `${pointer(unknown)}/type`, detail }] });
  }
  for (const [index, { process }] of pairs.entries()) {
    const missing = off.find((one) => one.process === process)?.missing;
    if (missing === undefined) continue;
    const valid = PROCESS_NAMES.filter((name) => !off.some((one) => one.process === name));
    const why = missing.length === 0 ? 'no worker serves it' : `${missing.join(', ')} not set`;
    const detail = `${process} is off: ${why}`;
    throw new Problem('process-off', { detail, valid, errors: [{ pointer: `${pointer(index)}/process`, detail }] });
  }
}

const typesOf = (process: SyncProcessName) => processOf(process).mappings.map(({ type }) => type);
