import type { Person } from '../../../database/entities/index.ts';

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
  language: 'pt',
  street: null,
  city: null,
  region: null,
  postalCode: null,
  country: 'PT',
  organisationId: '11',
} as Person;

export const NO_SOURCES = { club: [], events: [], samePhone: [] };
