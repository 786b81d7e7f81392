import { WorkflowFailedError } from '@temporalio/client';
import { SettingsError } from '../../settings/settings-error.ts';
import type { CommonSettings } from '../../settings/schema.ts';
import { GRPC, grpcFailure } from '../grpc-code.ts';
import { CommandError } from './command-error.ts';

type Servers = Pick<CommonSettings, 'DATABASE_URL' | 'TEMPORAL_ADDRESS' | 'TEMPORAL_NAMESPACE'>;

/** Of a table, and of a column. */
const UNDEFINED = ['42P01', '42703'];
const SQL_STATE = /^(?!E)[0-9A-Z]{5}$/;
const CONNECTION_CODES = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'EPIPE'];
const REFUSED_LOG_IN = /^28/;
const NO_SUCH_DATABASE = '3D000';

/** Says why PostgreSQL cannot be used, its address, and what to do. Never the password or a row. */
export function databaseFailure(error: unknown, { DATABASE_URL }: Pick<Servers, 'DATABASE_URL'>): string {
  const { host, pathname, username } = new URL(DATABASE_URL);
  const where = `PostgreSQL at ${host}`;
  const code = codeOf(error);
  if (code !== null && UNDEFINED.includes(code))
    return `${where}${pathname} lacks tables of this release. Run: npx ems-sync migrate`;
  if (code === NO_SUCH_DATABASE)
    return `${where} has no database ${pathname.slice(1)}. Set DATABASE_URL to EMS's database`;
  if (code !== null && REFUSED_LOG_IN.test(code))
    return `${where} refused to let ${decodeURIComponent(username)} in. Check user and password in DATABASE_URL`;
  if (code !== null && SQL_STATE.test(code))
    return `${where} refused a statement (SQLSTATE ${code}). Its log says more`;
  return `${where} cannot be reached (${code ?? 'no answer in time'}). Is it running, and is DATABASE_URL right?`;
}

/** Says why Temporal cannot be used, its address, and what to do. */
export function temporalFailure(error: unknown, { TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE }: Servers): string {
  const where = `Temporal at ${TEMPORAL_ADDRESS}`;
  const failure = grpcFailure(error);
  switch (failure?.code) {
    case GRPC.NOT_FOUND:
      return `${where} has no namespace ${TEMPORAL_NAMESPACE}. Make it there, or set TEMPORAL_NAMESPACE to one that it has`;
    case GRPC.UNAUTHENTICATED:
    case GRPC.PERMISSION_DENIED:
      return `${where} refused us. Check TEMPORAL_API_KEY, or TEMPORAL_TLS_CERT_FILE and TEMPORAL_TLS_KEY_FILE`;
    case GRPC.INVALID_ARGUMENT:
      return /search attribute/i.test(failure.details)
        ? `${where} lacks our search attributes in namespace ${TEMPORAL_NAMESPACE}. Run: npx ems-sync check --fix`
        : `${where} refused the request: ${failure.details}`;
    case undefined:
    case GRPC.UNAVAILABLE:
    case GRPC.DEADLINE_EXCEEDED:
      return `${where} cannot be reached (no connection in time). Is it running, and is TEMPORAL_ADDRESS right?`;
    default:
      return `${where} failed: ${failure?.details ?? 'unknown reason'}`;
  }
}

export interface Failure {
  readonly lines: readonly string[];
  readonly exitCode: 1 | 2;
}

/** The message for an error that a command threw. `servers`: null if the settings could not be read. */
export function failureOf(error: unknown, servers: Servers | null): Failure {
  if (error instanceof SettingsError) return { lines: error.problems, exitCode: 2 };
  if (error instanceof CommandError) return { lines: [error.message], exitCode: error.exitCode };
  if (error instanceof WorkflowFailedError) return { lines: [`${error.message}: ${rootMessage(error)}`], exitCode: 1 };
  return { lines: [(servers === null ? null : serverFailure(error, servers)) ?? rootMessage(error)], exitCode: 1 };
}

/** Which server failed, and what to do. Null if the error has another cause. */
export function serverFailure(error: unknown, servers: Servers): string | null {
  if (grpcFailure(error) !== null) return temporalFailure(error, servers);
  return isDatabaseError(error) ? databaseFailure(error, servers) : null;
}

function rootMessage(error: unknown): string {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  return root instanceof Error ? (root.message.split('\n')[0] ?? root.name) : String(root);
}

/** The driver's errors have an SQLSTATE; connection errors have a system code or none. */
function isDatabaseError(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== null) return SQL_STATE.test(code) || CONNECTION_CODES.includes(code);
  return /^Connection terminated|timeout exceeded when trying to connect/.test(rootMessage(error));
}

function codeOf(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
    const [first]: unknown[] = cause instanceof AggregateError ? cause.errors : [];
    if (first instanceof Error && 'code' in first && typeof first.code === 'string') return first.code;
  }
  return null;
}
