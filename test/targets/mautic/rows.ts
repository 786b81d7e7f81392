import type { ContactPreference, Person } from '../../../database/entities/index.ts';

export const PERSON = {
  id: '4711',
  modifiedOn: '2027-01-01 00:00:00+00',
  firstName: 'Ana',
  lastName: 'Silva',
  email: 'Ana.Silva@Clube.example',
  phone: '+351912345678',
  dateOfBirth: Temporal.PlainDate.from('1988-02-29'),
  gender: 'F',
  nationality: 'PT',
  language: 'pt-PT',
  street: 'Rua Nova 1',
  city: 'Porto',
  region: 'Porto',
  postalCode: '4000-100',
  country: 'PT',
  organisationId: '11',
} as Person;

export const NO_SOURCES = { preferences: [], events: [] };

export const preference = (channel: string | null, topic: string | null, optedIn: boolean | null): ContactPreference =>
  ({
    id: '1',
    modifiedOn: PERSON.modifiedOn,
    personId: '4711',
    channel,
    topic,
    optedIn,
  }) as ContactPreference;
