import { pick, type Rng } from '../simulators/ems/rng.ts';
import type { RunSignupControl, RunSignupState } from '../simulators/runsignup/start.ts';
import { changeEms } from './change-ems.ts';
import { giveBib } from './give-bib.ts';
import { createNewPeople, type NewPerson } from './new-people.ts';
import type { Weekend } from './runsignup-weekends.ts';
import type { Happenings } from './simulated-target.ts';

type Registration = RunSignupState['registrations'][string];

/** Bibs that neither EMS nor the sample assigns: a race must not have one twice. */
const FIRST_BIB = 50_000;

/** What runners and race directors do at RunSignup, and how EMS reacts. */
export function runSignupHappenings(control: RunSignupControl, weekends: readonly Weekend[]): Happenings {
  const runners = new WeakMap<Rng, () => NewPerson>();
  const nextRunner = (rng: Rng): NewPerson => {
    const known = runners.get(rng) ?? createNewPeople(rng, 3_000_000);
    runners.set(rng, known);
    return known();
  };
  let bibs = 0;
  /** Bibs from EMS, by registration. */
  const given = new Map<number, string>();

  async function someRegistration(rng: Rng, suits: (one: Registration) => boolean = () => true) {
    const { registrations } = await control.state();
    const candidates = Object.values(registrations).filter((one) => one.removedReason === null && suits(one));
    return candidates.length === 0 ? null : pick(rng, candidates);
  }

  return {
    async 'a runner registers'({ rng }) {
      const eventId = pick(
        rng,
        weekends.flatMap(({ races }) => [...races.keys()]),
      );
      const { registrationId } = await control.backdoor({ do: 'register', eventId, user: nextRunner(rng) });
      return `registration ${registrationId}`;
    },

    async 'a race director gives a bib'({ rng }) {
      const registration = await someRegistration(rng);
      if (registration === null) return null;
      const { registrationId } = registration;
      bibs += 1;
      const set = { bib: String(FIRST_BIB + bibs) };
      await control.backdoor({ do: 'edit-registration', registrationId, set });
      return `registration ${registrationId}`;
    },

    async 'a runner corrects name and phone'({ rng }) {
      const registration = await someRegistration(rng);
      if (registration === null) return null;
      const { userId } = registration;
      const { lastName, phone } = nextRunner(rng);
      await control.backdoor({ do: 'edit-user', userId, set: { lastName: lastName ?? null, phone: phone ?? null } });
      return `user ${userId}`;
    },

    async 'a runner goes for another race'({ rng }) {
      const registration = await someRegistration(rng, (one) => othersOf(weekends, one).length > 0);
      if (registration === null) return null;
      const { registrationId } = registration;
      const eventId = pick(rng, othersOf(weekends, registration));
      await control.backdoor({ do: 'transfer', registrationId, eventId });
      return `registration ${registrationId}`;
    },

    async 'a registration is cleared'({ rng }) {
      // RunSignup takes no bib for a registration that has ended, so EMS assigns it first.
      const registration = await someRegistration(rng, (one) => (given.get(one.registrationId) ?? one.bib) === one.bib);
      if (registration === null) return null;
      const { registrationId } = registration;
      await control.backdoor({ do: 'remove', registrationId, reason: 'cleared' });
      return `registration ${registrationId}`;
    },

    async 'EMS gives a bib and a chip'({ databaseUrl, rng }) {
      const { registrations } = await control.state();
      const standing = Object.values(registrations).filter(({ removedReason }) => removedReason === null);
      const ids = standing.map(({ registrationId }) => registrationId);
      bibs += 1;
      const gift = await changeEms(databaseUrl, (client) => giveBib(client, ids, { rng, number: bibs }));
      if (gift === null) return null;
      given.set(gift.registration, gift.bib);
      return `event_participant ${gift.participant}`;
    },
  };
}

/** The other events of the same race. */
function othersOf(weekends: readonly Weekend[], { raceId, eventId }: Registration): number[] {
  const weekend = weekends.find((one) => one.raceId === raceId);
  return [...(weekend?.races.keys() ?? [])].filter((other) => other !== eventId);
}
