import { join } from 'node:path';
import { requestSyncAndWait } from '../clients/request-sync.ts';
import { int, pick } from '../simulators/ems/rng.ts';
import { startRunSignup } from '../simulators/runsignup/start.ts';
import { inSnapshot } from './in-snapshot.ts';
import { createNewPeople } from './new-people.ts';
import { restartable } from './restartable.ts';
import { runSignupHappenings } from './runsignup-happenings.ts';
import { setUpWeekends, type Weekend } from './runsignup-weekends.ts';
import type { Sample, SimulatedTarget } from './simulated-target.ts';
import { verifyRunSignup } from './verify-runsignup.ts';

/** One pass makes a link; it reads one race. */
const LINK_MS = 60_000;

/** Registrations in each linked event, as a share of the main event's size. */
const REGISTERED_SHARE = 1 / 20;
const FEWEST_REGISTERED = 6;

export const simulatedRunSignup: SimulatedTarget = {
  process: 'RUNSIGNUP',
  async start(folder) {
    const storage = join(folder, 'runsignup.sqlite');
    const runSignup = await startRunSignup({ storage });
    const { url, control } = runSignup;
    const weekends: Weekend[] = [];

    async function prepare({ databaseUrl, temporal, size, rng }: Sample): Promise<void> {
      weekends.push(...(await inSnapshot(databaseUrl, (client) => setUpWeekends(client, control))));
      const runner = createNewPeople(rng, 1_000_000);
      for (const { races } of weekends) {
        for (let left = Math.max(FEWEST_REGISTERED, Math.round(size * REGISTERED_SHARE)); left > 0; left -= 1) {
          const set = left % 3 === 0 ? { bib: String(int(rng, 40_000, 49_999)), ageGroup: 'OPEN' } : {};
          await control.backdoor({ do: 'register', eventId: pick(rng, [...races.keys()]), user: runner(), set });
        }
      }
      for (const { event, raceId } of weekends) {
        const pair = { process: 'RUNSIGNUP', type: 'Event', key: event } as const;
        await requestSyncAndWait(temporal, pair, LINK_MS, `link:${raceId}`);
      }
    }

    return {
      environment: {
        RUNSIGNUP_URL: `${url}/rest`,
        RUNSIGNUP_API_KEY: runSignup.key,
        RUNSIGNUP_API_SECRET: runSignup.secret,
        // The rate limit for the vendor's servers would turn minutes into hours.
        RUNSIGNUP_CALLS_PER_MINUTE: '60000',
        RUNSIGNUP_REG_ID: runSignup.callerRegistration,
        RUNSIGNUP_REG_SECRET: runSignup.callerRegistrationSecret,
        // Persons that agents change at ChatWoot are updated here, too.
        RUNSIGNUP_WRITE_PERSONAL: 'true',
      },
      stateUrl: `${url}/control/state`,
      prepare,
      happenings: runSignupHappenings(control, weekends),
      verify: async (databaseUrl) => verifyRunSignup(databaseUrl, await control.state(), weekends),
      async countWrites(work) {
        await control.clearJournal();
        await work();
        return (await control.journal({ writesOnly: true })).length;
      },
      ...restartable(runSignup, (port) => startRunSignup({ storage, port })),
    };
  },
};
