import type { ErrorClass } from './error-class.ts';
import type { SyncProcessName } from './sync-process-name.ts';

/** What operators search, group and retry by, for example `TAGSERVER-409-DUPLICATE-BIB`. It never contains an id. */
export type FailureCode = `${SyncProcessName}-${string}`;

/** For failures without a reason of their own. */
const BY_CLASS: Readonly<Record<ErrorClass, string>> = {
  transient: 'TRANSIENT',
  'target-down': 'TARGET-DOWN',
  contract: 'CONTRACT',
  rejected: 'REJECTED',
  bug: 'UNEXPECTED',
};

/** Codes of Node, OpenSSL and `got`, by the first letters that decide. */
const CONNECTION: readonly (readonly [RegExp, string])[] = [
  [/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/, 'UNREACHABLE'],
  [/^(ETIMEDOUT|ESOCKETTIMEDOUT)$/, 'TIMEOUT'],
  [/^(ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE)$/, 'CONNECTION-LOST'],
  [
    /^(CERT_|DEPTH_ZERO|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|SELF_SIGNED|UNABLE_TO_)/,
    'CERTIFICATE',
  ],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'CERTIFICATE'],
  [/^(EPROTO$|ERR_TLS_|ERR_SSL_|ERR_OSSL_)/, 'TLS'],
  [/^HPE_/, 'NOT-HTTP'],
  [/^(ERR_INVALID_|ERR_HTTP_INVALID_|ERR_UNSUPPORTED_PROTOCOL)/, 'INVALID-REQUEST'],
];

const SQL_STATE = /^(?!E[A-Z]{4}$)[0-9A-Z]{5}$/;

/** PostgreSQL's SQLSTATE, by what an operator does about it. */
const DATABASE: readonly (readonly [RegExp, string])[] = [
  [/^(42703|42P01)$/, 'DATABASE-SHAPE'],
  [/^42501$/, 'DATABASE-PERMISSION'],
  [/^(08|40|53|55P03|57014|57P|58)/, 'DATABASE-UNAVAILABLE'],
];

/**
 * The stable code of a failure.
 *
 * @param reason the code of a `SyncError`, of Node or of PostgreSQL; left out: unknown.
 */
export function failureCode(process: SyncProcessName, errorClass: ErrorClass, reason?: string | null): FailureCode {
  return `${process}-${suffixOf(errorClass, reason ?? null)}`;
}

function suffixOf(errorClass: ErrorClass, reason: string | null): string {
  if (reason === null || reason === 'unexpected') return BY_CLASS[errorClass];
  const status = /^http-(\d{3})$/.exec(reason)?.[1];
  if (status !== undefined) return status;
  const vendors = /^runsignup-(\d{1,6})$/.exec(reason)?.[1];
  if (vendors !== undefined) return `ERROR-${vendors}`;
  if (SQL_STATE.test(reason)) return DATABASE.find(([codes]) => codes.test(reason))?.[1] ?? 'DATABASE-REFUSED';
  const connection = CONNECTION.find(([codes]) => codes.test(reason))?.[1];
  if (connection !== undefined) return connection;
  // Anything else that is not a reason of ours would be a text of its own for each occurrence.
  return /^[a-z0-9][a-z0-9-]{0,40}$/.test(reason) ? reason.toUpperCase() : BY_CLASS[errorClass];
}
