import { startChatwoot, type StartedChatwoot } from '../../simulators/chatwoot/start.ts';
import { startRunSignup, type StartedRunSignup } from '../../simulators/runsignup/start.ts';
import { startTagServer, type StartedTagServer } from '../../simulators/tagserver/start.ts';

export type TargetUnderTest = 'TAGSERVER' | 'RUNSIGNUP' | 'CHATWOOT';

export interface Simulators {
  TAGSERVER?: StartedTagServer;
  RUNSIGNUP?: StartedRunSignup;
  CHATWOOT?: StartedChatwoot;
}

/** Many requests of many tests within one minute are not what its limit is for. */
const CHATWOOT_LIMITS = { requestsPerMinute: 1_000_000, searchesPerMinute: 1_000_000 };

export async function startSimulators(targets: readonly TargetUnderTest[]): Promise<Simulators> {
  const simulators: Simulators = {};
  for (const target of targets) {
    if (target === 'TAGSERVER') simulators.TAGSERVER = await startTagServer();
    else if (target === 'RUNSIGNUP') simulators.RUNSIGNUP = await startRunSignup();
    else simulators.CHATWOOT = await startChatwoot(CHATWOOT_LIMITS);
  }
  return simulators;
}

/** The settings that switch the processes of these simulators on. */
export function settingsOf({ TAGSERVER, RUNSIGNUP, CHATWOOT }: Simulators): Record<string, string> {
  return {
    ...(TAGSERVER === undefined ? {} : { TAGSERVER_URL: TAGSERVER.url, TAGSERVER_TOKEN: TAGSERVER.token }),
    ...(RUNSIGNUP === undefined
      ? {}
      : {
          RUNSIGNUP_URL: `${RUNSIGNUP.url}/rest`,
          RUNSIGNUP_API_KEY: RUNSIGNUP.key,
          RUNSIGNUP_API_SECRET: RUNSIGNUP.secret,
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
        }),
  };
}

/** @throws Error if the system was started without it. */
export function started<T>(simulator: T | undefined): T {
  if (simulator === undefined)
    throw new Error('this system was started without that target: see SystemOptions.targets');
  return simulator;
}
