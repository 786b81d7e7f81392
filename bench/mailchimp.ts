import { startMailchimp } from '../simulators/mailchimp/start.ts';
import type { JournalEntry } from '../simulators/kit/journal.ts';
import type { DemoEnvironment } from '../demo/environment.ts';

/** What a call takes at Mailchimp. */
const LATENCY_MS = 120;

/** Mailchimp's own limit for an account. */
export const CONNECTIONS = 10;

export interface BenchMailchimp extends AsyncDisposable {
  /** ems-sync's settings. */
  readonly environment: DemoEnvironment;
  /** For the other contenders. */
  readonly job: { readonly url: string; readonly token: string; readonly list: string };
  /** Counts from here on. */
  forgetCalls(): Promise<void>;
  readonly countCalls: () => Promise<number>;
  readonly countMembers: () => Promise<number>;
  journal(): Promise<JournalEntry[]>;
  /** Closes every connection until {@link recover}. */
  fail(): Promise<void>;
  recover(): Promise<void>;
  /** By e-mail address. */
  lastNames(): Promise<ReadonlyMap<string, unknown>>;
}

/** What `ems-sync check --fix` would create. */
const SETUP = {
  mergeFields: [{ tag: 'EMSID' }, { tag: 'BDATE', type: 'date' as const }],
  interestCategories: [{ title: 'EMS', interests: ['NEWSLETTER', 'OFFERS', 'RESULTS', 'SERVICE'] }],
};

/** A new Mailchimp without members, in memory. */
export async function startBenchMailchimp(): Promise<BenchMailchimp> {
  const mailchimp = await startMailchimp({ setup: SETUP, settings: { connections: CONNECTIONS } });
  const { url, key, list, control } = mailchimp;
  await control.setFaults({ latency: { ms: LATENCY_MS } });
  return {
    environment: { MAILCHIMP_URL: url, MAILCHIMP_API_KEY: key, MAILCHIMP_LIST_ID: list },
    job: { url, token: key, list },
    forgetCalls: () => control.clearJournal(),
    countCalls: async () => (await control.journal()).length,
    countMembers: async () => Object.keys((await control.state()).members).length,
    journal: () => control.journal(),
    fail: () => control.setFaults({ failBefore: {} }),
    recover: () => control.setFaults({ failBefore: null }),
    async lastNames() {
      const { members } = await control.state();
      return new Map(Object.values(members).map(({ email, mergeFields }) => [email, mergeFields['LNAME']]));
    },
    [Symbol.asyncDispose]: () => mailchimp.stop(),
  };
}
