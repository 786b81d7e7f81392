import { blemish } from './blemishes.ts';
import { inventAddress, inventEmail, inventPhone } from './contact-details.ts';
import type { AddressDraft } from './contact-details.ts';
import { tidy } from './locales.ts';
import type { Locale } from './locales.ts';
import { chance, int, pick, pickWeighted } from './rng.ts';
import type { Rng } from './rng.ts';
import type { PersonRow } from './rows.ts';

export type PersonDraft = Omit<PersonRow, 'id' | 'modified_on' | 'organisation_id'>;

/** What a family shares. */
interface Home {
  readonly locale: Locale;
  readonly address: AddressDraft;
  readonly phone: string;
  readonly familyName?: string;
  readonly email?: string;
}

/** Names that break careless code: two kinds of apostrophe, particles, single letters, characters beyond the BMP, İ. */
const trickyNames: readonly (readonly [first: string, last: string])[] = [
  ['Siobhán', "O'Rourke"],
  ['Jean-Noël', 'D’Arcourt'],
  ['Anne-Marie', 'Müller-Lüdenscheidt'],
  ['Łucja', 'Źródłowska'],
  ['Þórdís', 'Æsudóttir'],
  ['İpek', 'Işıklı'],
  ['Nguyễn', 'Thị Ánh Tuyết'],
  ['Joost', "van 't Hoff-de Wit"],
  ['Å', 'Ø'],
  ['𠮷郎', '𠮷野'],
  ['さくら', 'ハヤテ野'],
  ['Mary Ann Louise', 'de la Peña y Ruiz-Ocaña'],
  ['Koffi', "N'Guessan"],
  ['Zoë', 'Strauß'],
  ['Maximiliana Theodora Philippa Evangelina', 'Hohenwaldenburg-Unterlindenthal zu Obermoosbachgrund'],
  ['null', 'Void'],
  ['Ян', 'Їжакевич'],
];

function birthDate(rng: Rng, today: Temporal.PlainDate, youngest: number, oldest: number): string {
  // `+ 5` compensates for leap days, so the youngest person is not too young.
  const born = today.subtract({ days: int(rng, youngest * 365 + 5, oldest * 365) });
  return born.toString();
}

/** A 29 February on which a person of about the given age was born. */
function leapDay(today: Temporal.PlainDate, age: number): string {
  let year = today.year - age;
  while (!Temporal.PlainDate.from({ year, month: 1, day: 1 }).inLeapYear) year -= 1;
  return `${year}-02-29`;
}

function gender(rng: Rng): PersonRow['gender'] {
  const roll = rng();
  if (roll < 0.46) return 'F';
  if (roll < 0.92) return 'M';
  if (roll < 0.95) return 'X';
  return roll < 0.98 ? null : '';
}

function sexOf(code: PersonRow['gender']): 'female' | 'male' | undefined {
  if (code === 'F') return 'female';
  return code === 'M' ? 'male' : undefined;
}

/** Invents persons one after another; the person's number makes the e-mail address unique. */
export interface People {
  /** A person living alone, adult unless the date of birth is unknown. */
  readonly single: (number: number) => PersonDraft;
  /** Parents and children in one household, sharing one e-mail address and one phone. */
  readonly family: (firstNumber: number, persons: number) => PersonDraft[];
  /** A person with only one name. */
  readonly mononym: (number: number) => PersonDraft;
}

/** `today` is the day that ages refer to. */
export function createPeople(rng: Rng, locales: readonly Locale[], today: Temporal.PlainDate): People {
  const someHome = (): Home => {
    const locale = pickWeighted(rng, locales);
    return { locale, address: inventAddress(locale), phone: inventPhone(rng, locale.country) };
  };

  const person = (number: number, home: Home, born: string | null): PersonDraft => {
    const { locale, address } = home;
    const { faker, country } = locale;
    const code = gender(rng);
    const tricky = number % 25 === 7 ? trickyNames[Math.floor(number / 25) % trickyNames.length] : undefined;
    const first = tricky?.[0] ?? tidy(faker.person.firstName(sexOf(code)));
    const last = tricky?.[1] ?? home.familyName ?? tidy(faker.person.lastName(sexOf(code)));
    const email = home.email ?? inventEmail(rng, [first, last], country, number);
    const shared = home.email !== undefined;
    return {
      first_name: first,
      last_name: last,
      email: shared ? email : blemish(rng, chance(rng, 0.03) ? email.toUpperCase() : email, { padded: 0.01 }),
      phone: shared ? home.phone : blemish(rng, home.phone, { missing: 0.18, empty: 0.04, padded: 0.03 }),
      date_of_birth: born,
      gender: code,
      nationality: blemish(rng, chance(rng, 0.9) ? country : pick(rng, locales).country, { padded: 0 }),
      language: blemish(rng, locale.language, { padded: 0 }),
      street: blemish(rng, address.street, { missing: 0.1 }),
      city: blemish(rng, address.city, { missing: 0.08, padded: 0.04 }),
      region: blemish(rng, address.region, { missing: 0.25 }),
      postal_code: blemish(rng, address.postal_code, { missing: 0.1 }),
      country: blemish(rng, country, { missing: 0.03, empty: 0.01, padded: 0 }),
    };
  };

  const adultBirth = (number: number): string | null => {
    if (number % 97 === 5) return leapDay(today, int(rng, 20, 75));
    return chance(rng, 0.03) ? null : birthDate(rng, today, 18, 82);
  };

  return {
    single: (number) => person(number, someHome(), adultBirth(number)),

    family: (firstNumber, persons) => {
      const home = someHome();
      const familyName = tidy(home.locale.faker.person.lastName());
      const email = inventEmail(rng, [familyName], home.locale.country, firstNumber);
      const shared: Home = { ...home, familyName, email };
      return Array.from({ length: persons }, (_, index) => {
        const number = firstNumber + index;
        const parent = index < 2;
        const born = parent ? adultBirth(number) : birthDate(rng, today, 6, 17);
        // In every fourth family the members write their shared e-mail address in different case.
        const written = firstNumber % 4 === 0 && index % 2 === 1 ? email.replace(/^./u, (c) => c.toUpperCase()) : email;
        return person(number, { ...shared, email: written }, born);
      });
    },

    mononym: (number) => ({
      ...person(number, someHome(), adultBirth(number)),
      last_name: pick(rng, [null, '', ' ']),
    }),
  };
}
