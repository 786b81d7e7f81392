import { startMailchimp, subscriberHash } from '../../../simulators/mailchimp/start.ts';
import type { Content } from '../../../sync/content-hash.ts';
import { mailchimp as target } from '../../../targets/mailchimp/process.ts';
import { marketingTargetUnderTest } from '../marketing-target-under-test.ts';

/** A MailChimp for one test file. */
export function mailchimpUnderTest() {
  const { running, ...common } = marketingTargetUnderTest({
    target,
    // The default phone field accepts only American numbers; docs/targets.md has it created as text.
    start: () => startMailchimp({ setup: { mergeFields: [{ tag: 'PHONE', type: 'text' }] } }),
    settingsOf: ({ url, key, list }) => ({
      MAILCHIMP_URL: url,
      MAILCHIMP_API_KEY: key,
      MAILCHIMP_LIST_ID: list,
    }),
    nobody: NOBODY,
  });
  return {
    ...common,
    member: async (email: string) => (await running().control.state()).members[subscriberHash(email)] ?? null,
    members: async () => Object.values((await running().control.state()).members),
    /** Methods and paths of the requests since, reads included, with `HASH` in place of the member. */
    calls: async () => (await running().control.journal()).map(named),
    writes: async () => (await running().control.journal({ writesOnly: true })).map(named),
    get control() {
      return running().control;
    },
    get started() {
      return running();
    },
  };
}

const named = ({ method, path }: { readonly method: string; readonly path: string }) =>
  `${method} ${path
    .replace(/^\/3\.0\/lists\/[^/?]+/, 'list')
    .replace(/[0-9a-f]{32}/, 'HASH')
    .replace(/\?.*$/, '')}`;

/** A person of whom EMS has only an address. */
export const NOBODY: Content = {
  email: 'nobody@clube.example',
  FNAME: null,
  LNAME: null,
  PHONE: null,
  BDATE: null,
  ADDRESS: null,
  language: null,
  tags: new Set(['ems']),
  consent: null,
  topics: new Set(),
};

export const ANA: Content = {
  ...NOBODY,
  email: 'ana@clube.example',
  FNAME: 'Ana',
  LNAME: 'Silva',
  PHONE: '+351912345678',
  BDATE: '1988-02-29',
  ADDRESS: { addr1: 'Rua Nova 1', city: 'Porto', state: 'Porto', zip: '4000-100', country: 'PT' },
  language: 'pt_PT',
  tags: new Set(['ems', 'event:12']),
  consent: 'subscribed',
  topics: new Set(['NEWSLETTER']),
};

export const RUI: Content = { ...ANA, FNAME: 'Rui', LNAME: 'Costa', email: 'rui@clube.example' };

export const OPTED_OUT: Content = { consent: 'unsubscribed', topics: new Set() };

/** MailChimp's id of an address, from which the address can be guessed. */
export { subscriberHash as hashOf } from '../../../simulators/mailchimp/start.ts';
