import { createMautic } from '../../simulators/mautic/app.ts';
import type { ContactState } from '../../simulators/mautic/control.ts';
import { controlOf } from '../../simulators/mautic/start.ts';
import { mautic as target } from '../../targets/mautic/process.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import type { Contact } from './marketing-model.ts';
import type { MarketingTarget } from './marketing-world.ts';

const USER = { username: 'ems-sync', password: 'password' };

/** Mautic in this process. */
export async function startMauticInProcess(): Promise<MarketingTarget> {
  const oauth = { clientId: 'ems', clientSecret: 'client-secret' };
  const app = createMautic({ ...USER, ...oauth, storage: ':memory:', version: '5' });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const control = controlOf(url);
  const settings = target.settings.parse({
    MAUTIC_URL: url,
    MAUTIC_USERNAME: USER.username,
    MAUTIC_PASSWORD: USER.password,
  });
  const all = async () => Object.values((await control.state()).contacts);
  const idAt = async (address: string) => {
    const found = (await all()).find((one) => addressOf(one) === address);
    if (found === undefined) throw new RangeError(`Mautic has no contact at ${address}`);
    return found.id;
  };
  return {
    process: target.process,
    rules: { takesOnlyWithWish: false },
    control,
    prefix: '/api',
    connect: async () => {
      const remote = target.connect(settings, unlimitedConnections('ratchet'));
      await remote.shape?.create();
      return remote;
    },
    contacts: async () => (await all()).flatMap(contactOf),
    refuse: async (address, how) => {
      const isMailed = (await all())
        .flatMap(contactOf)
        .some((one) => one.address === address && one.standing === 'mailable');
      if (isMailed) await control.backdoor({ do: how, contact: await idAt(address) });
      return isMailed;
    },
    signUp: async (address) => {
      const isThere = (await all()).some((one) => addressOf(one) === address);
      if (isThere) await control.backdoor({ do: 'allow-contact', contact: await idAt(address), channel: 'email' });
      else await control.backdoor({ do: 'create-contact', set: { email: address } });
    },
    edit: async (address, first) => {
      await control.backdoor({ do: 'edit-contact', contact: await idAt(address), set: { firstname: first } });
    },
    stop: () => app.close(),
  };
}

function contactOf(stored: ContactState): readonly Contact[] {
  const address = addressOf(stored);
  if (address === null) return [];
  const { fields, doNotContact } = stored;
  const isClosed = doNotContact.some(({ channel }) => channel === 'email');
  return [
    {
      address,
      emsKey: textOf(fields['ems_person_id']),
      first: textOf(fields['firstname']),
      standing: isClosed ? 'closed' : 'mailable',
    },
  ];
}

const addressOf = ({ fields }: ContactState) => textOf(fields['email'])?.toLowerCase() ?? null;

const textOf = (value: unknown) =>
  typeof value === 'number' ? String(value) : typeof value === 'string' && value !== '' ? value : null;
