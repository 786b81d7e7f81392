import { startRunSignup, type StartedRunSignup } from '../../../simulators/runsignup/start.ts';
import { runSignup } from '../../../targets/runsignup/process.ts';
import { describeConformance } from '../conformance.ts';

/** Two races with one edition, one event and one registration each. Only RunSignup creates these. */
async function prepare({ control }: StartedRunSignup): Promise<ReadonlyMap<string, string>> {
  // If RunSignup returns only the names of corrals, those of an edition with several events are never written.
  await control.assume({ corralsTell: 'all' });
  const known = new Map<string, string>();
  for (const key of ['1', '2']) {
    const { raceId, eventIds } = await control.backdoor({
      do: 'create-race',
      race: { name: `Race ${key}`, timezone: 'America/New_York' },
      events: [{ name: 'Relay', start: '2099-05-15T06:00', end: '2099-05-15T11:00', distance: '5K' }],
    });
    const [eventId = 0] = eventIds;
    const { registrationId, userId } = await control.backdoor({
      do: 'register',
      eventId,
      user: { account: false, firstName: 'First', lastName: `Runner ${key}`, email: `runner${key}@runners.test` },
    });
    const { events } = await control.state();
    known.set(`Event/${key}`, `${raceId}@${events[eventId]?.raceEventDaysId}`);
    known.set(`Person/${key}`, String(userId));
    known.set(`EventParticipant/${key}`, `${raceId}/${eventId}/${registrationId}`);
  }
  return known;
}

const LEFT_ALONE = 'RunSignup needs one: where EMS has none, the one there is left alone';
const SPAN = 'RunSignup computes it from the events of the edition';

describeConformance({
  target: runSignup,
  start: () => startRunSignup(),
  settingsOf: ({ url, key, secret }) => ({
    RUNSIGNUP_URL: url,
    RUNSIGNUP_API_KEY: key,
    RUNSIGNUP_API_SECRET: secret,
    RUNSIGNUP_CALLS_PER_MINUTE: '1000000',
    RUNSIGNUP_WRITE_PERSONAL: 'true',
    RUNSIGNUP_WRITE_CORRALS: 'true',
    RUNSIGNUP_CREATE_RACES: 'true',
  }),
  address: 'RUNSIGNUP_URL',
  hostileRemoteIn: 'hostile-remote.test.ts',
  pausesWhenThrottled: true,
  moves: ['createdAt', 'modifiedAt', 'registeredAt'],
  prepare,
  columns: {
    // RunSignup accepts only North American phone numbers; a Spanish number never has ten digits, so these are
    // unambiguous. States are upper-case codes.
    Person: {
      1: { phone: '+12125550101', region: 'PO' },
      2: { phone: '+12125550102', region: 'BR' },
      3: { phone: '+12125550103', region: 'FA', country: 'ES' },
    },
  },
  types: {
    Event: {
      comesFromTarget: true,
      held: async ({ control }) => Object.values((await control.state()).races),
      neverSent: { startsOn: SPAN, endsOn: SPAN },
      keepsAtTarget: { name: LEFT_ALONE, website: 'without a site of its own RunSignup tells the page of the race' },
    },
    Race: {
      held: async ({ control }) => {
        const { events, corrals } = await control.state();
        return [...Object.values(events), ...Object.values(corrals)];
      },
      keepsAtTarget: { name: LEFT_ALONE, startsOn: LEFT_ALONE, distanceM: 'the distance there is left alone' },
      confirmedOtherwise: { corrals: 'corrals have a call of their own, and are read again after each write' },
    },
    Person: {
      comesFromTarget: true,
      held: async ({ control }) => Object.values((await control.state()).users),
      keeps: ['firstName', 'lastName'],
    },
    EventParticipant: {
      comesFromTarget: true,
      held: async ({ control }) => Object.values((await control.state()).registrations),
      neverSent: {
        category: 'RunSignup computes age groups',
        teamName: 'RunSignup takes no team by an edit of a registration',
      },
    },
  },
});
