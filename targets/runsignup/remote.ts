import type { RemoteSystem, SendRequest, SendResult } from '../remote-system.ts';
import { RunSignupApi } from './api.ts';
import { Editions } from './editions.ts';
import { runSignupInbound } from './inbound.ts';
import { Races } from './races.ts';
import { releaseValues } from './release-values.ts';
import { sendEvent } from './send-event.ts';
import { sendPerson } from './send-person.ts';
import { sendRace } from './send-race.ts';
import { sendRegistration } from './send-registration.ts';
import type { RunSignupSettings } from './settings.ts';

/** Larger pages are slow at RunSignup, though it accepts 2,500. */
const PAGE_SIZE = 1_000;

/** @param pageSize registrations per page. */
export function connectRunSignup(
  settings: RunSignupSettings,
  { pageSize = PAGE_SIZE }: { readonly pageSize?: number } = {},
): RemoteSystem {
  const api = new RunSignupApi(settings);
  const races = new Races(api);
  return {
    probe: () => api.probe(),
    assertCallable: () => api.assertCallable(),
    send: (request) => send({ api, races, settings, pageSize }, request),
    release: (request) => releaseValues(api, request),
    releasesUnasked: ['EventParticipant'],
    // Nothing is ever deleted there: a deletion cannot be undone and does not refund anybody.
    remove: async () => ({ kept: true }),
    inbound: runSignupInbound({ api, editions: new Editions(api), limit: pageSize }),
  };
}

interface Connection {
  readonly api: RunSignupApi;
  readonly races: Races;
  readonly settings: RunSignupSettings;
  readonly pageSize: number;
}

async function send({ api, races, settings, pageSize }: Connection, request: SendRequest): Promise<SendResult> {
  switch (request.type) {
    case 'Event':
      return sendEvent(races, settings.RUNSIGNUP_CREATE_RACES, request);
    case 'Race':
      return sendRace(
        {
          api,
          races,
          mayWriteRaces: settings.RUNSIGNUP_CREATE_RACES,
          mayWriteCorrals: settings.RUNSIGNUP_WRITE_CORRALS,
        },
        request,
      );
    case 'Person':
      return sendPerson(api, settings.RUNSIGNUP_WRITE_PERSONAL, request);
    case 'EventParticipant':
      return sendRegistration(api, request, pageSize);
    default:
      throw new RangeError(`RunSignup has no ${request.type}`);
  }
}
