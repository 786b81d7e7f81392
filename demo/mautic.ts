import { join } from 'node:path';
import { pick, type Rng } from '../simulators/ems/rng.ts';
import { startMautic, type ContactState, type StartedMautic } from '../simulators/mautic/start.ts';
import { restartable } from './restartable.ts';
import type { Happenings, SimulatedTarget } from './simulated-target.ts';
import { verifyMautic } from './verify-mautic.ts';

const FIELDS = [
  { alias: 'ems_person_id', label: 'EMS person id', type: 'text', isUniqueIdentifier: true },
  { alias: 'ems_birth_date', label: 'EMS date of birth', type: 'text' },
  { alias: 'ems_events', label: 'EMS events', type: 'textarea' },
] as const;

export const simulatedMautic: SimulatedTarget = {
  process: 'MAUTIC',
  async start(folder) {
    const storage = join(folder, 'mautic.sqlite');
    const mautic = await startMautic({ storage });
    const { url, username, password, control } = mautic;
    // What `ems-sync check --fix` would create.
    for (const field of FIELDS) await control.backdoor({ do: 'create-field', field });
    for (const topic of ['newsletter', 'offers', 'results', 'service'])
      await control.backdoor({ do: 'create-segment', name: `EMS ${topic}`, alias: `ems-${topic}` });
    return {
      environment: { MAUTIC_URL: url, MAUTIC_USERNAME: username, MAUTIC_PASSWORD: password },
      addWebhook: (gateway) => registerWebhook(mautic, gateway),
      stateUrl: `${url}/control/state`,
      happenings: happenings(mautic),
      verify: async (databaseUrl) => verifyMautic(databaseUrl, await control.state()),
      async countWrites(work) {
        await control.clearJournal();
        await work();
        return (await control.journal({ writesOnly: true })).filter(({ path }) => path !== '/oauth/v2/token').length;
      },
      ...restartable(mautic, (port) => startMautic({ storage, port })),
    };
  },
};

/** Registers the webhook as a marketer does in Mautic, with a secret of their choice. */
async function registerWebhook({ control }: StartedMautic, gateway: string): Promise<Record<string, string>> {
  const secret = 'secret-of-the-demo';
  const triggers = ['mautic.lead_post_save_update', 'mautic.lead_channel_subscription_changed'] as const;
  await control.backdoor({
    do: 'create-hook',
    hook: { name: 'ems-sync', webhookUrl: `${gateway}/hooks/mautic`, secret, triggers: [...triggers] },
  });
  return { MAUTIC_WEBHOOK_SECRET: secret };
}

/** What recipients of mail do, and what the mail server reports. */
function happenings({ control }: StartedMautic): Happenings {
  const someContact = async (rng: Rng): Promise<ContactState | null> => {
    const known = Object.values((await control.state()).contacts).filter(
      ({ fields }) => fields['ems_person_id'] !== undefined,
    );
    return known.length === 0 ? null : pick(rng, known);
  };
  return {
    async 'a reader unsubscribes'({ rng }) {
      const contact = await someContact(rng);
      if (contact === null) return null;
      await control.backdoor({ do: 'unsubscribe', contact: contact.id });
      return `contact ${contact.id}`;
    },
    async 'a mail bounces'({ rng }) {
      const contact = await someContact(rng);
      if (contact === null) return null;
      await control.backdoor({ do: 'bounce', contact: contact.id });
      return `contact ${contact.id}`;
    },
  };
}
