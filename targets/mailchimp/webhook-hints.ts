import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { subscriberHash } from './subscriber-hash.ts';

/** How long a signature is valid. */
const TOLERANCE_MS = 300_000;

const EVENTS: ReadonlySet<string> = new Set(['subscribe', 'unsubscribe', 'profile', 'cleaned', 'upemail']);

/** The members in a webhook's form, by subscriber hash, without duplicates. What happened is read from Mailchimp. */
export function mailchimpHints(form: URLSearchParams): readonly string[] {
  if (!EVENTS.has(form.get('type') ?? '')) return [];
  const addresses = ['data[email]', 'data[new_email]', 'data[old_email]'].flatMap((name) => form.get(name) ?? []);
  return [...new Set(addresses.filter((address) => address.includes('@')).map(subscriberHash))];
}

/** The parts of `X-Mailchimp-Signature: t=<unix seconds>,v1=<hex HMAC-SHA-256 of "t.body">`; null if it has none. */
export function mailchimpSignature(header: string): { readonly t: string; readonly v1: string } | null {
  const { t, v1 } = Object.fromEntries(header.split(',').map((part) => part.trim().split('=', 2))) as Record<
    string,
    string | undefined
  >;
  return t === undefined || v1 === undefined || !/^\d{9,11}$/.test(t) ? null : { t, v1 };
}

/** Whether {@link mailchimpSignature} was made over the raw bytes with one of the secrets. */
export function isSignedByMailchimp(
  header: string | undefined,
  body: Uint8Array,
  secrets: readonly string[],
  nowMs: number,
): boolean {
  const signature = mailchimpSignature(header ?? '');
  if (signature === null || Math.abs(nowMs - Number(signature.t) * 1_000) > TOLERANCE_MS) return false;
  const { t, v1 } = signature;
  return secrets.some((secret) => isEqual(v1, createHmac('sha256', secret).update(`${t}.`).update(body).digest('hex')));
}

/** The classic way: a secret in the webhook's URL. Compared in constant time. Null: it is none of the secrets. */
export function secretInPath(given: string, secrets: readonly string[]): string | null {
  const [secret = null] = secrets.filter((one) => isEqual(given, one));
  return secret;
}

function isEqual(given: string, right: string): boolean {
  return timingSafeEqual(digest(given), digest(right));
}

const digest = (text: string) => createHash('sha256').update(text).digest();
