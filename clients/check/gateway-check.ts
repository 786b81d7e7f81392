import type { Settings } from '../../settings/read-settings.ts';
import type { Check } from './look-at.ts';

/** Whether webhooks of the targets that send some are taken; without them each change waits for the next poll. */
export function gatewayChecks({ common, enabled }: Settings): Check[] {
  if (!enabled.some(({ target }) => target.process.name === 'CHATWOOT')) return [];
  const check = 'webhooks of CHATWOOT';
  return common.CHATWOOT_WEBHOOK_SECRET === undefined
    ? [{ check, outcome: 'off', detail: 'set CHATWOOT_WEBHOOK_SECRET for the gateway to take them; the poll goes on' }]
    : [{ check, outcome: 'ok', detail: 'the gateway (npm run gateway) has a secret to know them by' }];
}
