import { join } from 'node:path';
import { pick, type Rng } from '../simulators/ems/rng.ts';
import { startMailchimp, type MemberState, type StartedMailchimp } from '../simulators/mailchimp/start.ts';
import { restartable } from './restartable.ts';
import type { Happenings, SimulatedTarget } from './simulated-target.ts';
import { verifyMailchimp } from './verify-mailchimp.ts';

/** What `ems-sync check --fix` would create. Mailchimp rejects the domains of the sample's invented addresses by default. */
const AUDIENCE = {
  setup: {
    mergeFields: [{ tag: 'EMSID' }, { tag: 'BDATE', type: 'date' as const }],
    interestCategories: [{ title: 'EMS', interests: ['NEWSLETTER', 'OFFERS', 'RESULTS', 'SERVICE'] }],
  },
  settings: { refusedDomains: ['fake.example'] },
};

export const simulatedMailchimp: SimulatedTarget = {
  process: 'MAILCHIMP',
  async start(folder) {
    const options = { ...AUDIENCE, storage: join(folder, 'mailchimp.sqlite') };
    const mailchimp = await startMailchimp(options);
    const { url, key, list, control } = mailchimp;
    let gateway: string | null = null;
    return {
      environment: { MAILCHIMP_URL: url, MAILCHIMP_API_KEY: key, MAILCHIMP_LIST_ID: list },
      addWebhook: async (address) => {
        gateway = address;
        return { MAILCHIMP_WEBHOOK_SECRET: WEBHOOK_SECRET };
      },
      // Mailchimp calls the gateway to verify it, so the gateway must be running.
      prepare: async () => {
        if (gateway !== null) await registerWebhook(mailchimp, gateway);
      },
      stateUrl: `${url}/control/state`,
      happenings: happenings(mailchimp),
      verify: async (databaseUrl) => verifyMailchimp(databaseUrl, await control.state()),
      async countWrites(work) {
        await control.clearJournal();
        await work();
        return (await control.journal({ writesOnly: true })).length;
      },
      ...restartable(mailchimp, (port) => startMailchimp({ ...options, port })),
    };
  },
};

const WEBHOOK_SECRET = 'secret-of-the-demo';

/** A secret at the end of the URL: Mailchimp's classic webhooks are not signed. */
async function registerWebhook({ url, key, list }: StartedMailchimp, gateway: string): Promise<void> {
  const response = await fetch(`${url}/3.0/lists/${list}/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify({
      url: `${gateway}/hooks/mailchimp/${WEBHOOK_SECRET}`,
      events: { subscribe: true, unsubscribe: true, profile: true, cleaned: true, upemail: true },
      // Not for changes that we write through the API.
      sources: { user: true, admin: true, api: false },
    }),
  });
  if (!response.ok) throw new Error(`Mailchimp refused the gateway's address: ${response.status}`);
}

/** What recipients of mail do, and what the mail server reports. */
function happenings({ control }: StartedMailchimp): Happenings {
  const someMember = async (rng: Rng): Promise<MemberState | null> => {
    const subscribed = Object.values((await control.state()).members).filter(({ status }) => status === 'subscribed');
    return subscribed.length === 0 ? null : pick(rng, subscribed);
  };
  return {
    async 'a reader unsubscribes'({ rng }) {
      const member = await someMember(rng);
      if (member === null) return null;
      await control.backdoor({ do: 'unsubscribe', member: member.email });
      return `a member of EMS id ${JSON.stringify(member.mergeFields['EMSID'] ?? null)}`;
    },
    async 'a mail bounces'({ rng }) {
      const member = await someMember(rng);
      if (member === null) return null;
      await control.backdoor({ do: 'clean', member: member.email });
      return `a member of EMS id ${JSON.stringify(member.mergeFields['EMSID'] ?? null)}`;
    },
  };
}
