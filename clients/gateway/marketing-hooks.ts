import { createHmac } from 'node:crypto';
import {
  mailchimpHints,
  mailchimpSignature,
  secretInPath,
  isSignedByMailchimp,
} from '../../targets/mailchimp/webhook-hints.ts';
import { isSignedByMautic, mauticHints } from '../../targets/mautic/webhook-hints.ts';
import type { ConsentHook, HookRequest } from './consent-hook.ts';
import { UNDATED_VALID_FOR_MS } from './taken-webhooks.ts';
import { SIGNATURE_VALID_FOR_MS } from './verify-signature.ts';

type Following = Pick<ConsentHook, 'follow' | 'taken' | 'reasonOf'>;

const header = ({ headers }: HookRequest, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
};

const refused = (why: string) => ({ genuine: false, why }) as const;

/** `POST /hooks/mautic`: JSON with one or more events, signed over the body. */
export function mauticHook(secrets: readonly string[], following: Following): ConsentHook {
  return {
    ...following,
    process: 'MAUTIC',
    path: '/hooks/mautic',
    verify: (request) => {
      const signature = header(request, 'webhook-signature');
      if (!isSignedByMautic(signature, request.body, secrets))
        return refused('its signature was not made with MAUTIC_WEBHOOK_SECRET');
      // Base64 has several notations of the same bytes.
      const digest = Buffer.from(signature ?? '', 'base64').toString('base64');
      return { genuine: true, digest, validForMs: UNDATED_VALID_FOR_MS };
    },
    contactsIn: (body) => {
      const payload = jsonIn(body);
      return payload === null ? null : mauticHints(payload);
    },
  };
}

/**
 * `POST /hooks/mailchimp/SECRET`, or `/hooks/mailchimp/signed` if the account signs its webhooks: one form per event.
 *
 * @param now milliseconds since 1970.
 */
export function mailchimpHook(secrets: readonly string[], following: Following, now = Date.now): ConsentHook {
  return {
    ...following,
    process: 'MAILCHIMP',
    path: '/hooks/mailchimp/:secret',
    verify: (request) => {
      const signature = header(request, 'x-mailchimp-signature');
      if (signature !== undefined) {
        return isSignedByMailchimp(signature, request.body, secrets, now())
          ? { genuine: true, digest: mailchimpSignature(signature)?.v1 ?? '', validForMs: SIGNATURE_VALID_FOR_MS }
          : refused('its signature was not made with MAILCHIMP_WEBHOOK_SECRET, or is too old');
      }
      const secret = secretInPath(request.params['secret'] ?? '', secrets);
      return secret === null
        ? refused('it is not signed, and its address does not end with MAILCHIMP_WEBHOOK_SECRET')
        : { genuine: true, digest: digestOfForm(request.body, secret), validForMs: UNDATED_VALID_FOR_MS };
    },
    contactsIn: (body) => mailchimpHints(new URLSearchParams(body.toString('utf8'))),
  };
}

/** The same for the same fields, in whatever order and encoding. Keyed, because a form contains an address. */
function digestOfForm(body: Buffer, secret: string): string {
  const form = new URLSearchParams(body.toString('utf8'));
  form.sort();
  return createHmac('sha256', secret).update(form.toString()).digest('base64');
}

function jsonIn(body: Buffer): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : null;
  } catch {
    return null;
  }
}
