import { createHmac, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { NamedToken } from '../../../settings/named-tokens.ts';

const NAME = 'ems_sync_session';

/** A working day. */
const VALID_FOR_SECONDS = 12 * 3_600;

/**
 * The cookie of somebody who has shown a token: its name, an end, and a signature with the token's digest. Nothing is
 * kept here, so every gateway knows it, and it ends with the token.
 */
export function sessionCookie(token: NamedToken, hostname: string, nowMs: number): string {
  const signed = `${token.name}.${Math.floor(nowMs / 1_000) + VALID_FOR_SECONDS}`;
  return cookie(`${signed}.${signatureOf(signed, token)}`, hostname, VALID_FOR_SECONDS);
}

/** Ends a session in the browser. */
export const endedCookie = (hostname: string): string => cookie('', hostname, 0);

/** The name of the token by which the request's session began; null: it has none that is valid now. */
export function sessionIn(header: string | undefined, tokens: readonly NamedToken[], nowMs: number): string | null {
  const value =
    (header ?? '')
      .split(/;\s*/)
      .find((one) => one.startsWith(`${NAME}=`))
      ?.slice(NAME.length + 1) ?? '';
  const [name = '', end = '', signature = ''] = value.split('.');
  if (!/^\d{1,12}$/.test(end) || Number(end) * 1_000 < nowMs) return null;
  const isOf = tokens.some((token) => token.name === name && isEqual(signature, signatureOf(`${name}.${end}`, token)));
  return isOf ? name : null;
}

const signatureOf = (signed: string, { digest }: NamedToken) =>
  createHmac('sha256', digest).update(`ems-sync status page: ${signed}`).digest('base64url');

function isEqual(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Without HTTPS only this machine's own browser sends it. */
function cookie(value: string, hostname: string, seconds: number): string {
  const secure = isLoopback(hostname) ? '' : '; Secure';
  return `${NAME}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
