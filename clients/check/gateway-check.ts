import type { Settings } from '../../settings/read-settings.ts';
import type { Check } from './look-at.ts';

const SENDING = ['CHATWOOT', 'MAUTIC', 'MAILCHIMP'] as const;

/** Checks which webhooks the gateway accepts. Without webhooks each change waits for the next poll. */
export function gatewayChecks({ common, enabled }: Settings): Check[] {
  return SENDING.filter((name) => enabled.some(({ target }) => target.process.name === name)).map((name) => {
    const check = `webhooks of ${name}`;
    const setting = `${name}_WEBHOOK_SECRET` as const;
    return common[setting] === undefined
      ? {
          check,
          outcome: 'off',
          detail: `set ${setting} for the gateway to accept them; until then changes arrive by polling`,
        }
      : { check, outcome: 'ok', detail: 'the gateway (npm run gateway) has the secret to verify them' };
  });
}
