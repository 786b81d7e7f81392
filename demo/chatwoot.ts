import { join } from 'node:path';
import { startChatwoot } from '../simulators/chatwoot/start.ts';
import { chatwootHappenings } from './chatwoot-happenings.ts';
import { registerWebhook } from './chatwoot-webhook.ts';
import { restartable } from './restartable.ts';
import type { SimulatedTarget } from './simulated-target.ts';
import { verifyChatwoot } from './verify-chatwoot.ts';

/** A first load makes more requests a minute than ChatWoot's default limits allow. */
const LIMITS = { requestsPerMinute: 1_000_000, searchesPerMinute: 1_000_000 };

/** The inbox "EMS history". Nothing written there is sent to customers. */
const INBOX = '1';

export const simulatedChatwoot: SimulatedTarget = {
  process: 'CHATWOOT',
  async start(folder) {
    const options = { ...LIMITS, storage: join(folder, 'chatwoot.sqlite') };
    const chatwoot = await startChatwoot(options);
    const { url, token, account, control } = chatwoot;
    const validateVisitors = () => control.setSettings({ hmacMandatory: [3] });
    await validateVisitors();
    return {
      environment: {
        CHATWOOT_URL: url,
        CHATWOOT_ACCOUNT_ID: String(account),
        CHATWOOT_TOKEN: token,
        CHATWOOT_INBOX_ID: INBOX,
        // The demo shows both ways, so the website inbox validates its visitors.
        CHATWOOT_TRUST_CONTACTS: 'true',
      },
      addWebhook: async (gateway) => ({ CHATWOOT_WEBHOOK_SECRET: await registerWebhook(chatwoot, gateway) }),
      stateUrl: `${url}/control/state`,
      happenings: chatwootHappenings(control),
      verify: async (databaseUrl) => verifyChatwoot(databaseUrl, await control.state()),
      async countWrites(work) {
        await control.clearJournal();
        await work();
        // A filter only reads, though it is a POST.
        return (await control.journal({ writesOnly: true })).filter(({ path }) => !/\/filter(\?|$)/.test(path)).length;
      },
      ...restartable(chatwoot, async (port) => {
        const again = await startChatwoot({ ...options, port });
        await validateVisitors();
        return again;
      }),
    };
  },
};
