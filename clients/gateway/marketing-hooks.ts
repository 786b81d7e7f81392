import { isSecretPath, isSignedByMailchimp, mailchimpHints } from '../../targets/mailchimp/webhook-hints.ts';
import { isSignedByMautic, mauticHints } from '../../targets/mautic/webhook-hints.ts';
import type { ConsentHook, HookRequest } from './consent-hook.ts';

type Following = Pick<ConsentHook, 'follow' | 'reasonOf'>;

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
    verify: (request) =>
      isSignedByMautic(header(request, 'webhook-signature'), request.body, secrets)
        ? { genuine: true }
        : refused('its signature was not made with MAUTIC_WEBHOOK_SECRET'),
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
          ? { genuine: true }
          : refused('its signature was not made with MAILCHIMP_WEBHOOK_SECRET, or is too old');
      }
      return isSecretPath(request.params['secret'] ?? '', secrets)
        ? { genuine: true }
        : refused('it is not signed, and its address does not end with MAILCHIMP_WEBHOOK_SECRET');
    },
    contactsIn: (body) => mailchimpHints(new URLSearchParams(body.toString('utf8'))),
  };
}

function jsonIn(body: Buffer): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : null;
  } catch {
    return null;
  }
}
