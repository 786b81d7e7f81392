import type { TagServerState } from '../simulators/tagserver/start.ts';

interface TypeContent {
  readonly type: keyof TagServerState;
  /** The table in EMS. */
  readonly table: string;
  /** Rows that belong on TagServer: id and fields, as TagServer writes them. */
  readonly select: string;
}

/** Unicode's white space, character by character: in PostgreSQL's patterns it depends on the database's locale. */
const WHITE_SPACE = String.raw`E' \t\n\u000b\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff'`;

/** Trimmed and in NFC; null if empty. */
const text = (column: string): string => `nullif(normalize(btrim(${column}, ${WHITE_SPACE}), NFC), '')`;

const instant = (column: string): string =>
  `to_char(date_trunc('milliseconds', ${column} AT TIME ZONE 'UTC'), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const localDate = (column: string, zone: string): string =>
  `to_char(${column} AT TIME ZONE ${text(zone)}, 'YYYY-MM-DD')`;

const words = (column: string, list: Readonly<Record<string, string>>): string =>
  `CASE ${text(column)} ${Object.entries(list)
    .map(([ours, theirs]) => `WHEN '${ours}' THEN '${theirs}'`)
    .join(' ')} END`;

const timedEvents = `SELECT id FROM event WHERE ${text('status')} IN ('OPEN', 'CLOSED', 'DONE')`;
const timedRaces = `SELECT id FROM race WHERE event_id IN (${timedEvents})`;
const timedGroups = `SELECT id FROM start_group WHERE race_id IN (${timedRaces})`;
const timedParticipants = `SELECT id FROM event_participant WHERE event_id IN (${timedEvents})`;
const takingPart = `SELECT person_id FROM event_participant WHERE event_id IN (${timedEvents})`;

/** What belongs on TagServer, in SQL, written from the design's page about its fields. */
export const TAGSERVER_CONTENT: readonly TypeContent[] = [
  {
    type: 'organisations',
    table: 'organisation',
    select: `SELECT id::text, ${text('name')} AS name, ${text('country')} AS "countryCode" FROM organisation
      WHERE id IN (SELECT organisation_id FROM event WHERE id IN (${timedEvents})
        UNION SELECT organisation_id FROM person WHERE id IN (${takingPart}))`,
  },
  {
    type: 'events',
    table: 'event',
    select: `SELECT id::text, organisation_id::text AS "organisationId", ${text('name')} AS name,
        ${localDate('starts_on', 'time_zone')} AS "startDate", ${localDate('ends_on', 'time_zone')} AS "endDate",
        ${text('time_zone')} AS "timeZone"
      FROM event WHERE id IN (${timedEvents})`,
  },
  {
    type: 'races',
    table: 'race',
    select: `SELECT id::text, event_id::text AS "eventId", ${text('name')} AS name, ${instant('starts_on')} AS "startAt",
        distance_m AS "distanceMetres", ${words('discipline', {
          RUN: 'run',
          WALK: 'walk',
          CYCLE: 'cycle',
          SWIM: 'multisport',
          TRIATHLON: 'multisport',
        })} AS discipline
      FROM race WHERE id IN (${timedRaces})`,
  },
  {
    type: 'persons',
    table: 'person',
    select: `SELECT p.id::text, ${text('p.first_name')} AS "givenName", ${text('p.last_name')} AS "familyName",
        to_char(p.date_of_birth, 'YYYY-MM-DD') AS "birthDate", ${text('p.gender')} AS gender,
        ${text('p.nationality')} AS nationality, ${text('o.name')} AS club
      FROM person p LEFT JOIN organisation o ON o.id = p.organisation_id WHERE p.id IN (${takingPart})`,
  },
  {
    type: 'start-groups',
    table: 'start_group',
    select: `SELECT id::text, race_id::text AS "raceId", ${text('name')} AS name, sequence AS "sortOrder",
        ${instant('starts_on')} AS "plannedStartAt", capacity
      FROM start_group WHERE id IN (${timedGroups})`,
  },
  {
    type: 'event-participants',
    table: 'event_participant',
    select: `SELECT id::text, event_id::text AS "eventId", race_id::text AS "raceId", person_id::text AS "personId",
        ${text('bib')} AS bib, ${words('status', {
          REGISTERED: 'registered',
          CONFIRMED: 'registered',
          WITHDRAWN: 'withdrawn',
          DNS: 'dns',
          DNF: 'dnf',
          FINISHED: 'finished',
        })} AS status
      FROM event_participant WHERE id IN (${timedParticipants})`,
  },
  {
    type: 'start-group-participants',
    table: 'start_group_participant',
    select: `SELECT id::text, start_group_id::text AS "startGroupId", event_participant_id::text AS "eventParticipantId"
      FROM start_group_participant
      WHERE start_group_id IN (${timedGroups}) AND event_participant_id IN (${timedParticipants})`,
  },
  {
    type: 'tags',
    table: 'tag',
    select: `SELECT t.id::text, p.event_id::text AS "eventId", upper(${text('t.code')}) AS code,
        t.event_participant_id::text AS "eventParticipantId",
        ${words('t.kind', { BIB: 'uhf-bib', SHOE: 'uhf-shoe', BIKE: 'active', CARD: 'active' })} AS kind
      FROM tag t JOIN event_participant p ON p.id = t.event_participant_id WHERE p.id IN (${timedParticipants})`,
  },
];
