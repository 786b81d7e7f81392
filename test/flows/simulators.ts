import { startChatwoot, type StartedChatwoot } from '../../simulators/chatwoot/start.ts';
import { startMailchimp, type StartedMailchimp } from '../../simulators/mailchimp/start.ts';
import { startMautic, type StartedMautic } from '../../simulators/mautic/start.ts';
import { startRunSignup, type StartedRunSignup } from '../../simulators/runsignup/start.ts';
import { startTagServer, type StartedTagServer } from '../../simulators/tagserver/start.ts';

export type TargetUnderTest = 'TAGSERVER' | 'MAUTIC' | 'MAILCHIMP' | 'RUNSIGNUP' | 'CHATWOOT';

export interface Simulators {
  TAGSERVER?: StartedTagServer;
  MAUTIC?: StartedMautic;
  MAILCHIMP?: StartedMailchimp;
  RUNSIGNUP?: StartedRunSignup;
  CHATWOOT?: StartedChatwoot;
}

/** Tests make more requests in a minute than ChatWoot's limits allow. */
const CHATWOOT_LIMITS = { requestsPerMinute: 1_000_000, searchesPerMinute: 1_000_000 };

export async function startSimulators(targets: readonly TargetUnderTest[]): Promise<Simulators> {
  const simulators: Simulators = {};
  for (const target of targets) {
    if (target === 'TAGSERVER') simulators.TAGSERVER = await startTagServer();
    else if (target === 'MAUTIC') simulators.MAUTIC = await preparedMautic();
    else if (target === 'MAILCHIMP') simulators.MAILCHIMP = await startMailchimp(AUDIENCE);
    else if (target === 'RUNSIGNUP') simulators.RUNSIGNUP = await startRunSignup();
    else simulators.CHATWOOT = await validatingChatwoot();
  }
  return simulators;
}

/** Its website inbox validates visitors, so that contacts may be trusted. */
async function validatingChatwoot(): Promise<StartedChatwoot> {
  const chatwoot = await startChatwoot(CHATWOOT_LIMITS);
  await chatwoot.control.setSettings({ hmacMandatory: [3] });
  return chatwoot;
}

/** With the merge fields and interests that an administrator (or `check --fix`) has created. */
const AUDIENCE = {
  setup: {
    mergeFields: [{ tag: 'EMSID' }, { tag: 'BDATE', type: 'date' as const }],
    interestCategories: [{ title: 'EMS', interests: ['NEWSLETTER', 'OFFERS', 'RESULTS', 'SERVICE'] }],
  },
};

/** With the fields and segments that an administrator (or `check --fix`) has created. */
async function preparedMautic(): Promise<StartedMautic> {
  const mautic = await startMautic();
  const fields = [
    { alias: 'ems_person_id', label: 'EMS person id', type: 'text', isUniqueIdentifier: true },
    { alias: 'ems_birth_date', label: 'EMS date of birth', type: 'text' },
    { alias: 'ems_events', label: 'EMS events', type: 'textarea' },
  ] as const;
  for (const field of fields) await mautic.control.backdoor({ do: 'create-field', field });
  for (const topic of ['newsletter', 'offers', 'results', 'service'])
    await mautic.control.backdoor({ do: 'create-segment', name: `EMS ${topic}`, alias: `ems-${topic}` });
  return mautic;
}

/** The settings that enable the processes of these simulators. */
export function settingsOf({ TAGSERVER, MAUTIC, MAILCHIMP, RUNSIGNUP, CHATWOOT }: Simulators): Record<string, string> {
  return {
    ...(TAGSERVER === undefined ? {} : { TAGSERVER_URL: TAGSERVER.url, TAGSERVER_TOKEN: TAGSERVER.token }),
    ...(MAUTIC === undefined
      ? {}
      : { MAUTIC_URL: MAUTIC.url, MAUTIC_USERNAME: MAUTIC.username, MAUTIC_PASSWORD: MAUTIC.password }),
    ...(MAILCHIMP === undefined
      ? {}
      : { MAILCHIMP_URL: MAILCHIMP.url, MAILCHIMP_API_KEY: MAILCHIMP.key, MAILCHIMP_LIST_ID: MAILCHIMP.list }),
    ...(RUNSIGNUP === undefined
      ? {}
      : {
          RUNSIGNUP_URL: `${RUNSIGNUP.url}/rest`,
          RUNSIGNUP_API_KEY: RUNSIGNUP.key,
          RUNSIGNUP_API_SECRET: RUNSIGNUP.secret,
          // The rate limit for the vendor's servers would turn seconds into minutes.
          RUNSIGNUP_CALLS_PER_MINUTE: '60000',
          RUNSIGNUP_REG_ID: RUNSIGNUP.callerRegistration,
          RUNSIGNUP_REG_SECRET: RUNSIGNUP.callerRegistrationSecret,
        }),
    ...(CHATWOOT === undefined
      ? {}
      : {
          CHATWOOT_URL: CHATWOOT.url,
          CHATWOOT_ACCOUNT_ID: String(CHATWOOT.account),
          CHATWOOT_TOKEN: CHATWOOT.token,
          CHATWOOT_INBOX_ID: '1',
          // Both ways. `chatwoot-proposals.test.ts` shows the default.
          CHATWOOT_TRUST_CONTACTS: 'true',
        }),
  };
}

/** @throws Error if the system was started without it. */
export function started<T>(simulator: T | undefined): T {
  if (simulator === undefined)
    throw new Error('this system was started without that target: see SystemOptions.targets');
  return simulator;
}
