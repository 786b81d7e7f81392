import { RequestError, TimeoutError } from 'got';
import type { ErrorClass } from '../sync/error-class.ts';
import { SyncError } from '../sync/sync-error.ts';

const UNREACHABLE: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

/** OpenSSL's certificate errors. Node's own and OpenSSL's handshake errors have prefixes instead. */
const CERTIFICATE: readonly string[] = [
  'CERT_CHAIN_TOO_LONG',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_CRL',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

const TLS_PREFIXES: readonly string[] = ['ERR_TLS_', 'ERR_SSL_', 'ERR_OSSL_'];

/** Prefix of Node's HTTP parser errors: the answer is not HTTP, or its head is too long. */
const NOT_HTTP = 'HPE_';

/** Errors of our own: the request could not be built. */
const BAD_REQUEST: readonly string[] = ['ERR_INVALID_', 'ERR_HTTP_INVALID_', 'ERR_UNSUPPORTED_PROTOCOL'];

/**
 * Classifies an error of `got`: the call got no answer. After a lost connection or a time-out the call may have taken
 * effect, so the write stays unconfirmed and is repeated. `got`'s error is not kept as the cause, because it contains
 * the request with tokens and personal data. Other errors are returned unchanged.
 *
 * @param setting the environment variable with the target's address.
 */
export function connectionError(target: string, error: unknown, setting: string): unknown {
  if (!(error instanceof RequestError)) return error;
  const { code } = error;
  const [errorClass, said] = meaningOf(error, setting);
  return new SyncError(errorClass, `${target} ${said} (${code})`, { code });
}

function meaningOf(error: RequestError, setting: string): readonly [ErrorClass, string] {
  const { code } = error;
  const startsWith = (prefix: string) => code.startsWith(prefix);
  if (UNREACHABLE.includes(code)) return ['target-down', 'cannot be reached'];
  if (CERTIFICATE.includes(code) || code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return ['target-down', `has a certificate that is not trusted: check it, and ${setting}`];
  }
  if (code === 'EPROTO' || TLS_PREFIXES.some(startsWith)) {
    return ['target-down', `cannot be reached by TLS: check the scheme and port in ${setting}`];
  }
  if (startsWith(NOT_HTTP)) return ['target-down', `does not answer in HTTP: check ${setting}`];
  if (BAD_REQUEST.some(startsWith)) return ['bug', `was sent a request that is not valid: check ${setting}`];
  if (error instanceof TimeoutError) return ['transient', 'gave no answer in time'];
  return ['transient', 'closed the connection'];
}
