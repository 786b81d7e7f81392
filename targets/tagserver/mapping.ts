import {
  calendarDate,
  instant,
  integer,
  localDate,
  oneOf,
  pattern,
  required,
  requiredText,
  text,
  timeZone,
  Unmappable,
} from '../../sync/fields.ts';
import { defineMapping } from '../entity-mapping.ts';

const COUNTRY = /^[A-Z]{2}$/;
const TAG_CODE = /^[0-9A-F]{4,32}$/i;

/** An EMS id as TagServer's external id, which has no sign. */
const optionalId = (column: string, key: string | null | undefined) =>
  pattern([column, key], /^\d+$/, 'a positive number');
const externalId = (column: string, key: string | null | undefined) => required(column, optionalId(column, key));

/** Events that are being timed, or were. A draft is not public yet, a cancelled event is taken off the timing server. */
const timed = (event: string) => `${event}.status IN ('OPEN', 'CLOSED', 'DONE')`;

const organisation = defineMapping({
  type: 'Organisation',
  filter: `EXISTS (SELECT FROM event ev WHERE ev.organisation_id = e.id AND ${timed('ev')})
    OR EXISTS (SELECT FROM person pe JOIN event_participant ep ON ep.person_id = pe.id JOIN event ev ON ev.id = ep.event_id
               WHERE pe.organisation_id = e.id AND ${timed('ev')})`,
  map: (row) => ({
    name: requiredText(['name', row.name]),
    countryCode: pattern(['country', row.country], COUNTRY, 'an ISO 3166-1 alpha-2 code'),
  }),
});

const event = defineMapping({
  type: 'Event',
  filter: timed('e'),
  referencedTypes: ['Organisation'],
  references: (row) => [['Organisation', row.organisationId]],
  map: (row) => {
    const zone = timeZone(['time_zone', row.timeZone]);
    return {
      organisationId: externalId('organisation_id', row.organisationId),
      name: requiredText(['name', row.name]),
      startDate: required('starts_on', localDate(['starts_on', row.startsOn], zone)),
      endDate: required('ends_on', localDate(['ends_on', row.endsOn], zone)),
      timeZone: zone,
    };
  },
});

const person = defineMapping({
  type: 'Person',
  filter: `EXISTS (SELECT FROM event_participant ep JOIN event ev ON ev.id = ep.event_id
                   WHERE ep.person_id = e.id AND ${timed('ev')})`,
  sources: { club: { type: 'Organisation', where: 's.id = e.organisation_id' } },
  map: (row, { club }) => ({
    givenName: requiredText(['first_name', row.firstName]),
    familyName: requiredText(['last_name', row.lastName]),
    birthDate: calendarDate(['date_of_birth', row.dateOfBirth]),
    gender: oneOf(['gender', row.gender], { F: 'F', M: 'M', X: 'X' }),
    nationality: pattern(['nationality', row.nationality], COUNTRY, 'an ISO 3166-1 alpha-2 code'),
    club: text(['organisation.name', club[0]?.name]),
  }),
});

const race = defineMapping({
  type: 'Race',
  filter: `EXISTS (SELECT FROM event ev WHERE ev.id = e.event_id AND ${timed('ev')})`,
  referencedTypes: ['Event'],
  references: (row) => [['Event', row.eventId]],
  map: (row) => ({
    eventId: externalId('event_id', row.eventId),
    name: requiredText(['name', row.name]),
    startAt: instant(['starts_on', row.startsOn]),
    distanceMetres: integer(['distance_m', row.distanceM], 1),
    discipline: oneOf(['discipline', row.discipline], {
      RUN: 'run',
      WALK: 'walk',
      CYCLE: 'cycle',
      SWIM: 'multisport',
      TRIATHLON: 'multisport',
    }),
  }),
});

const startGroup = defineMapping({
  type: 'StartGroup',
  filter: `EXISTS (SELECT FROM race ra JOIN event ev ON ev.id = ra.event_id WHERE ra.id = e.race_id AND ${timed('ev')})`,
  referencedTypes: ['Race'],
  references: (row) => [['Race', row.raceId]],
  map: (row) => ({
    raceId: externalId('race_id', row.raceId),
    name: requiredText(['name', row.name]),
    sortOrder: integer(['sequence', row.sequence], Number.MIN_SAFE_INTEGER),
    plannedStartAt: instant(['starts_on', row.startsOn]),
    capacity: integer(['capacity', row.capacity], 0),
  }),
});

const eventParticipant = defineMapping({
  type: 'EventParticipant',
  filter: `EXISTS (SELECT FROM event ev WHERE ev.id = e.event_id AND ${timed('ev')})`,
  // Two rows of EMS with one bib: TagServer takes the first only, and the mapping has to know of the other one.
  sources: {
    sameBib: {
      type: 'EventParticipant',
      where: `s.race_id = e.race_id AND s.bib = e.bib AND btrim(e.bib) <> '' AND s.id <> e.id`,
    },
  },
  referencedTypes: ['Event', 'Race', 'Person'],
  references: (row) => [
    ['Event', row.eventId],
    ['Race', row.raceId],
    ['Person', row.personId],
  ],
  map: (row, { sameBib }) => {
    const first = sameBib.map(({ id }) => BigInt(id)).find((id) => id < BigInt(row.id));
    if (first !== undefined) throw new Unmappable('bib', `is EventParticipant/${first}'s in the same race`);
    return {
      eventId: externalId('event_id', row.eventId),
      raceId: externalId('race_id', row.raceId),
      personId: externalId('person_id', row.personId),
      bib: text(['bib', row.bib], 16),
      status: required(
        'status',
        oneOf(['status', row.status], {
          REGISTERED: 'registered',
          CONFIRMED: 'registered',
          WITHDRAWN: 'withdrawn',
          DNS: 'dns',
          DNF: 'dnf',
          FINISHED: 'finished',
        }),
      ),
    };
  },
});

const startGroupParticipant = defineMapping({
  type: 'StartGroupParticipant',
  filter: `EXISTS (SELECT FROM event_participant ep JOIN event ev ON ev.id = ep.event_id
                   WHERE ep.id = e.event_participant_id AND ${timed('ev')})
    AND EXISTS (SELECT FROM start_group sg JOIN race ra ON ra.id = sg.race_id JOIN event ev ON ev.id = ra.event_id
                WHERE sg.id = e.start_group_id AND ${timed('ev')})`,
  referencedTypes: ['StartGroup', 'EventParticipant'],
  references: (row) => [
    ['StartGroup', row.startGroupId],
    ['EventParticipant', row.eventParticipantId],
  ],
  map: (row) => ({
    startGroupId: externalId('start_group_id', row.startGroupId),
    eventParticipantId: externalId('event_participant_id', row.eventParticipantId),
  }),
});

const tag = defineMapping({
  type: 'Tag',
  filter: `EXISTS (SELECT FROM event_participant ep JOIN event ev ON ev.id = ep.event_id
                   WHERE ep.id = e.event_participant_id AND ${timed('ev')})`,
  sources: { participant: { type: 'EventParticipant', where: 's.id = e.event_participant_id' } },
  referencedTypes: ['EventParticipant'],
  references: (row) => [['EventParticipant', row.eventParticipantId]],
  map: (row, { participant }) => ({
    eventId: externalId('event_participant.event_id', participant[0]?.eventId),
    // Capitals come last: the ligature "ﬀ" in capitals would pass for two hexadecimal digits.
    code: required(
      'code',
      pattern(['code', row.code], TAG_CODE, 'a hexadecimal code of 4 to 32 characters'),
    ).toUpperCase(),
    eventParticipantId: optionalId('event_participant_id', row.eventParticipantId),
    kind: oneOf(['kind', row.kind], { BIB: 'uhf-bib', SHOE: 'uhf-shoe', BIKE: 'active', CARD: 'active' }),
  }),
});

/** In dependency order. */
export const tagServerMappings = [
  organisation,
  event,
  person,
  race,
  startGroup,
  eventParticipant,
  startGroupParticipant,
  tag,
] as const;
