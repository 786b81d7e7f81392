import {
  controlOf,
  subscriberHash,
  type MailchimpControl,
  type MemberState,
} from '../../simulators/mailchimp/start.ts';
import { createMailchimp } from '../../simulators/mailchimp/app.ts';
import { mailchimp as target } from '../../targets/mailchimp/process.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import type { Contact } from './marketing-model.ts';
import type { MarketingTarget } from './marketing-world.ts';

const KEY = 'mailchimp-key-us1';
const LIST = 'a1b2c3d4e5';

/** MailChimp in this process. */
export async function startMailchimpInProcess(): Promise<MarketingTarget> {
  const app = createMailchimp({
    key: KEY,
    list: LIST,
    storage: ':memory:',
    setup: { mergeFields: [{ tag: 'PHONE', type: 'text' }] },
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const control: MailchimpControl = controlOf(url);
  const settings = target.settings.parse({ MAILCHIMP_URL: url, MAILCHIMP_API_KEY: KEY, MAILCHIMP_LIST_ID: LIST });
  const contacts = async () => Object.values((await control.state()).members).map(contactOf);
  return {
    process: target.process,
    rules: { takesOnlyWithWish: true },
    control,
    prefix: '/3.0',
    connect: async () => {
      const remote = target.connect(settings, unlimitedConnections('ratchet'));
      await remote.shape?.create();
      return remote;
    },
    contacts,
    refuse: async (address, how) => {
      await control.backdoor({ do: how === 'bounce' ? 'clean' : 'unsubscribe', member: subscriberHash(address) });
      return true;
    },
    signUp: async (address) => {
      await control.backdoor({ do: 'sign-up', email: address });
    },
    edit: async (address, first) => {
      await control.backdoor({
        do: 'edit-member',
        member: subscriberHash(address),
        set: { merge_fields: { FNAME: first } },
      });
    },
    stop: () => app.close(),
  };
}

function contactOf({ email, status, mergeFields }: MemberState): Contact {
  return {
    address: email.toLowerCase(),
    emsKey: textOf(mergeFields['EMSID']),
    first: textOf(mergeFields['FNAME']),
    standing: STANDINGS[status] ?? 'closed',
  };
}

const STANDINGS: Readonly<Record<string, Contact['standing']>> = {
  subscribed: 'mailable',
  pending: 'mailable',
  archived: 'away',
};

const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
