import { createLocales } from '../simulators/ems/locales.ts';
import { createPeople } from '../simulators/ems/people.ts';
import { chance, type Rng } from '../simulators/ems/rng.ts';
import type { BackdoorEdit } from '../simulators/runsignup/start.ts';

export type NewPerson = NonNullable<Extract<BackdoorEdit, { do: 'register' }>['user']>;

/**
 * New persons that EMS does not have, as they register at RunSignup.
 *
 * @param number above 10,000 (the sample's numbers) and different in each call: it makes e-mail addresses unique.
 */
export function createNewPeople(rng: Rng, number: number): () => NewPerson {
  const people = createPeople(rng, createLocales(rng), Temporal.Now.plainDateISO('UTC'));
  return () => {
    number += 1;
    const { gender, phone, ...person } = people.single(number);
    return {
      account: chance(rng, 0.5),
      firstName: person.first_name,
      lastName: person.last_name,
      email: given(person.email),
      dob: person.date_of_birth,
      gender: gender === '' ? null : gender,
      phone: phoneOf(given(phone)),
      address: {
        street: given(person.street),
        city: given(person.city),
        state: given(person.region),
        zipcode: given(person.postal_code),
        country_code: given(person.country),
      },
    };
  };
}

const given = (text: string | null): string | null => (text === null || text.trim() === '' ? null : text);

/** RunSignup's format of American numbers. Its format of others is unknown, so they stay as they are. */
function phoneOf(phone: string | null): string | null {
  return phone?.trim().replace(/^\+1(\d{3})(\d{3})(\d{4})$/, '$1-$2-$3') ?? null;
}
