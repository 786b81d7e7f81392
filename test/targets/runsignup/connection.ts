import type { StartedRunSignup } from '../../../simulators/runsignup/start.ts';
import type { Content } from '../../../sync/content-hash.ts';
import type { EntityType } from '../../../sync/entity-type.ts';
import type { InboundSource, MalformedRecord, RemoteRecord } from '../../../targets/inbound-source.ts';
import type { RemoteSystem, SendRequest } from '../../../targets/remote-system.ts';
import { connectRunSignup } from '../../../targets/runsignup/remote.ts';
import { runSignupSettings } from '../../../targets/runsignup/settings.ts';

export interface Connected extends RemoteSystem {
  readonly inbound: InboundSource;
}

/** The target, connected to a simulated RunSignup as with settings. */
export function connect(
  { url, key, secret }: Pick<StartedRunSignup, 'url' | 'key' | 'secret'>,
  settings: Readonly<Record<string, string>> = {},
  pageSize?: number,
): Connected {
  const parsed = runSignupSettings.parse({
    RUNSIGNUP_URL: url,
    RUNSIGNUP_API_KEY: key,
    RUNSIGNUP_API_SECRET: secret,
    RUNSIGNUP_CALLS_PER_MINUTE: '60000',
    ...settings,
  });
  return connectRunSignup(parsed, pageSize === undefined ? {} : { pageSize }) as Connected;
}

export function request(type: EntityType, remoteId: string | null, content: Content, more: Partial<SendRequest> = {}) {
  return { type, key: '1', remoteId, content, references: new Map(), fencingToken: 1n, release: false, ...more };
}

/** Every page of a scope, in order. */
export async function listAll(
  { inbound }: Connected,
  type: EntityType,
  scope: string,
  since: string | null = null,
): Promise<(RemoteRecord | MalformedRecord)[]> {
  const records: (RemoteRecord | MalformedRecord)[] = [];
  let page: string | null = null;
  do {
    const listed = await inbound.list({ type, scope, since, page });
    records.push(...listed.records);
    page = listed.next;
  } while (page !== null);
  return records;
}

export async function listRecords(...args: Parameters<typeof listAll>): Promise<RemoteRecord[]> {
  const records = await listAll(...args);
  return records.filter((record): record is RemoteRecord => !('malformed' in record));
}

export const margie = {
  firstName: 'Margie',
  lastName: 'Stephens',
  email: 'Margie.Stephens@runners.test',
  phone: '856-850-1510',
  dob: '1986-01-06',
  gender: 'F',
  address: { street: '960 Avondale Ave', city: 'Moorestown', state: 'NJ', zipcode: '08057', country_code: 'US' },
} as const;

/** A race in New York with two events and a volunteer shift, and the ids under which EMS knows them. */
export async function harbourWeekend({ control }: StartedRunSignup) {
  const { raceId, eventIds } = await control.backdoor({
    do: 'create-race',
    race: { name: 'Harbour Weekend' },
    events: [
      { name: '8K', start: '2099-06-07T08:30', end: '2099-06-07T11:00', distance: '8K' },
      { name: 'Half', start: '2099-06-08T07:00', end: '2099-06-08T12:00', distance: 'Half Marathon' },
      { name: 'Water station', start: '2099-06-07T06:00', volunteer: true },
    ],
  });
  const [eightK = 0, half = 0, shift = 0] = eventIds;
  const { events } = await control.state();
  const daysId = events[String(eightK)]?.raceEventDaysId ?? 0;
  return { raceId, eightK, half, shift, daysId, link: `${raceId}@${daysId}` };
}
