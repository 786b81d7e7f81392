import { isWord } from '../text-conditions.ts';
import { canonicalText } from '../../sync/canonical-form.ts';
import { localDate, pattern, required, text, timeZone, Unmappable } from '../../sync/fields.ts';
import type { EntityMapping } from '../entity-mapping.ts';
import { rowsOf } from '../field-declaration.ts';
import type { FilterCondition } from '../filter-condition.ts';
import { DAY, fieldKind, INSTANT, integerFrom, matching, needed, TEXT, textUpTo, wordOf } from '../field-kinds.ts';
import { DUPLICATE_BIB, DUPLICATE_TAG } from './failure-reasons.ts';
import { EXTERNAL_ID, reference, resourceMapping } from './resource-mapping.ts';

const COUNTRY = matching(/^[A-Z]{2}$/, 'an ISO 3166-1 alpha-2 code');

/** The pattern is checked before upper-casing: the ligature "ﬀ" in capitals would pass for two hexadecimal digits. */
const TAG_CODE = fieldKind<string | null>('tag code', (source) =>
  required(source[0], pattern(source, /^[0-9A-F]{4,32}$/i, 'a hexadecimal code of 4 to 32 characters')).toUpperCase(),
);

/** Events that are or were timed. A draft is not public yet; a cancelled event is removed from the timing server. */
const timed = (event: string) => isWord(`${event}.status`, ['OPEN', 'CLOSED', 'DONE']);

const TIMED = 'with status OPEN, CLOSED or DONE';
const OPEN_IT = 'set the status of the event to OPEN, CLOSED or DONE (event.status)';

/** The row is of an event that is timed. @param sql condition on the EMS row `e`. */
const ofTimedEvent = (sql: string): FilterCondition => ({
  name: 'event-timed',
  sql,
  means: `is of an event ${TIMED}`,
  change: OPEN_IT,
});

const organisations = rowsOf('Organisation');

const organisation = resourceMapping({
  type: 'Organisation',
  rules: 1,
  filter: [
    {
      name: 'at-timed-event',
      sql: `EXISTS (SELECT FROM event ev WHERE ev.organisation_id = e.id AND ${timed('ev')})
    OR EXISTS (SELECT FROM person pe JOIN event_participant ep ON ep.person_id = pe.id JOIN event ev ON ev.id = ep.event_id
               WHERE pe.organisation_id = e.id AND ${timed('ev')})`,
      means: `holds an event ${TIMED}, or has a member who is entered for one`,
      change: OPEN_IT,
    },
  ],
  affectedBy: [
    {
      type: 'Event',
      keys: `SELECT s.organisation_id UNION SELECT pe.organisation_id FROM event_participant ep
        JOIN person pe ON pe.id = ep.person_id WHERE ep.event_id = s.id`,
    },
    { type: 'Person', keys: 'SELECT s.organisation_id' },
    { type: 'EventParticipant', keys: 'SELECT pe.organisation_id FROM person pe WHERE pe.id = s.person_id' },
  ],
  fields: {
    name: organisations.ems({}, organisations.column('name', needed(TEXT))),
    countryCode: organisations.ems({}, organisations.column('country', COUNTRY)),
  },
});

const events = rowsOf('Event');

/** Local days at the event. */
const localDay = (property: 'startsOn' | 'endsOn', column: string) =>
  events.computed({
    columns: [column],
    kind: 'day at the place, required',
    map: (row) => required(column, localDate([column, row[property]], timeZone(['time_zone', row.timeZone]))),
  });

const event = resourceMapping({
  type: 'Event',
  rules: 1,
  filter: [{ name: 'timed', sql: timed('e'), means: `is an event ${TIMED}`, change: OPEN_IT }],
  fields: {
    timeZone: events.ems({}, events.column('timeZone', fieldKind('time zone', timeZone))),
    organisationId: reference(events, 'organisationId', 'Organisation'),
    name: events.ems({}, events.column('name', needed(TEXT))),
    startDate: events.ems({}, localDay('startsOn', 'starts_on')),
    endDate: events.ems({}, localDay('endsOn', 'ends_on')),
  },
});

const persons = rowsOf('Person', { club: { type: 'Organisation', where: 's.id = e.organisation_id' } });

const person = resourceMapping({
  type: 'Person',
  rules: 1,
  filter: [
    {
      name: 'entered',
      sql: `EXISTS (SELECT FROM event_participant ep JOIN event ev ON ev.id = ep.event_id
                   WHERE ep.person_id = e.id AND ${timed('ev')})`,
      means: `is entered for an event ${TIMED}`,
      change: `enter the person for such an event (event_participant), or ${OPEN_IT}`,
    },
  ],
  sources: persons.sources,
  affectedBy: [
    { type: 'Organisation', keys: 'SELECT pe.id FROM person pe WHERE pe.organisation_id = s.id' },
    { type: 'EventParticipant', keys: 'SELECT s.person_id' },
    { type: 'Event', keys: 'SELECT ep.person_id FROM event_participant ep WHERE ep.event_id = s.id' },
  ],
  fields: {
    givenName: persons.ems({}, persons.column('firstName', needed(TEXT))),
    familyName: persons.ems({}, persons.column('lastName', needed(TEXT))),
    birthDate: persons.ems({}, persons.column('dateOfBirth', DAY)),
    gender: persons.ems({}, persons.column('gender', wordOf({ F: 'F', M: 'M', X: 'X' }))),
    nationality: persons.ems({}, persons.column('nationality', COUNTRY)),
    club: persons.ems(
      {},
      persons.computed({
        columns: ['organisation.name'],
        kind: 'name of the club',
        map: (_row, { club }) => text(['organisation.name', club[0]?.name]),
      }),
    ),
  },
});

const races = rowsOf('Race');

const race = resourceMapping({
  type: 'Race',
  rules: 1,
  filter: [ofTimedEvent(`EXISTS (SELECT FROM event ev WHERE ev.id = e.event_id AND ${timed('ev')})`)],
  affectedBy: [{ type: 'Event', keys: 'SELECT ra.id FROM race ra WHERE ra.event_id = s.id' }],
  fields: {
    eventId: reference(races, 'eventId', 'Event'),
    name: races.ems({}, races.column('name', needed(TEXT))),
    startAt: races.ems({}, races.column('startsOn', INSTANT)),
    distanceMetres: races.ems({}, races.column('distanceM', integerFrom(1))),
    discipline: races.ems(
      {},
      races.column(
        'discipline',
        wordOf({ RUN: 'run', WALK: 'walk', CYCLE: 'cycle', SWIM: 'multisport', TRIATHLON: 'multisport' }),
      ),
    ),
  },
});

const startGroups = rowsOf('StartGroup');

const startGroup = resourceMapping({
  type: 'StartGroup',
  rules: 1,
  filter: [
    ofTimedEvent(
      `EXISTS (SELECT FROM race ra JOIN event ev ON ev.id = ra.event_id WHERE ra.id = e.race_id AND ${timed('ev')})`,
    ),
  ],
  affectedBy: [
    { type: 'Race', keys: 'SELECT sg.id FROM start_group sg WHERE sg.race_id = s.id' },
    {
      type: 'Event',
      keys: 'SELECT sg.id FROM race ra JOIN start_group sg ON sg.race_id = ra.id WHERE ra.event_id = s.id',
    },
  ],
  fields: {
    raceId: reference(startGroups, 'raceId', 'Race'),
    name: startGroups.ems({}, startGroups.column('name', needed(TEXT))),
    sortOrder: startGroups.ems({}, startGroups.column('sequence', integerFrom(Number.MIN_SAFE_INTEGER))),
    plannedStartAt: startGroups.ems({}, startGroups.column('startsOn', INSTANT)),
    capacity: startGroups.ems({}, startGroups.column('capacity', integerFrom(0))),
  },
});

// EMS may have two rows with one bib, but TagServer accepts only the first, so the mapping must know the other row.
const participants = rowsOf('EventParticipant', {
  sameBib: { type: 'EventParticipant', holderOf: 'bib', order: 's.id' },
});

const eventParticipant = resourceMapping({
  type: 'EventParticipant',
  rules: 1,
  filter: [ofTimedEvent(`EXISTS (SELECT FROM event ev WHERE ev.id = e.event_id AND ${timed('ev')})`)],
  sources: participants.sources,
  affectedBy: [{ type: 'Event', keys: 'SELECT ep.id FROM event_participant ep WHERE ep.event_id = s.id' }],
  uniqueValues: { bib: { kind: 'text', read: (row) => canonicalText(row.bib), within: 'e.race_id' } },
  fields: {
    bib: participants.ems(
      {},
      participants.computed({
        columns: ['bib'],
        kind: `${textUpTo(16).name}, of the first in the race`,
        map: (row, { sameBib: [first] }) => {
          const bib = text(['bib', row.bib], 16);
          if (first === undefined) return bib;
          throw new Unmappable(
            'bib',
            `is EventParticipant/${first.id}'s in the same race: one of the two needs another`,
            DUPLICATE_BIB,
          );
        },
      }),
    ),
    eventId: reference(participants, 'eventId', 'Event'),
    raceId: reference(participants, 'raceId', 'Race'),
    personId: reference(participants, 'personId', 'Person'),
    status: participants.ems(
      {},
      participants.column(
        'status',
        needed(
          wordOf({
            REGISTERED: 'registered',
            CONFIRMED: 'registered',
            WITHDRAWN: 'withdrawn',
            DNS: 'dns',
            DNF: 'dnf',
            FINISHED: 'finished',
          }),
        ),
      ),
    ),
  },
});

const placements = rowsOf('StartGroupParticipant');

const startGroupParticipant = resourceMapping({
  type: 'StartGroupParticipant',
  rules: 1,
  filter: [
    ofTimedEvent(`EXISTS (SELECT FROM event_participant ep JOIN event ev ON ev.id = ep.event_id
                   WHERE ep.id = e.event_participant_id AND ${timed('ev')})`),
    {
      name: 'group-timed',
      sql: `EXISTS (SELECT FROM start_group sg JOIN race ra ON ra.id = sg.race_id JOIN event ev ON ev.id = ra.event_id
                WHERE sg.id = e.start_group_id AND ${timed('ev')})`,
      means: `is of a start group of an event ${TIMED}`,
      change: OPEN_IT,
    },
  ],
  affectedBy: [
    {
      type: 'EventParticipant',
      keys: 'SELECT p.id FROM start_group_participant p WHERE p.event_participant_id = s.id',
    },
    { type: 'StartGroup', keys: 'SELECT p.id FROM start_group_participant p WHERE p.start_group_id = s.id' },
    {
      type: 'Race',
      keys: `SELECT p.id FROM start_group sg JOIN start_group_participant p ON p.start_group_id = sg.id
        WHERE sg.race_id = s.id`,
    },
    {
      type: 'Event',
      keys: `SELECT p.id FROM event_participant ep JOIN start_group_participant p ON p.event_participant_id = ep.id
        WHERE ep.event_id = s.id
        UNION SELECT p.id FROM race ra JOIN start_group sg ON sg.race_id = ra.id
        JOIN start_group_participant p ON p.start_group_id = sg.id WHERE ra.event_id = s.id`,
    },
  ],
  fields: {
    startGroupId: reference(placements, 'startGroupId', 'StartGroup'),
    eventParticipantId: reference(placements, 'eventParticipantId', 'EventParticipant'),
  },
});

const tags = rowsOf('Tag', {
  participant: { type: 'EventParticipant', where: 's.id = e.event_participant_id' },
  // EMS accepts `abcd` beside `ABCD`; for TagServer they are the same code.
  sameCode: { type: 'Tag', holderOf: 'code', order: 's.id' },
});

const tag = resourceMapping({
  type: 'Tag',
  rules: 1,
  filter: [
    ofTimedEvent(`EXISTS (SELECT FROM event_participant ep JOIN event ev ON ev.id = ep.event_id
                   WHERE ep.id = e.event_participant_id AND ${timed('ev')})`),
  ],
  sources: tags.sources,
  affectedBy: [
    { type: 'EventParticipant', keys: 'SELECT t.id FROM tag t WHERE t.event_participant_id = s.id' },
    {
      type: 'Event',
      keys: `SELECT t.id FROM event_participant ep JOIN tag t ON t.event_participant_id = ep.id
        WHERE ep.event_id = s.id`,
    },
  ],
  uniqueValues: {
    code: {
      kind: 'tag code',
      read: (row) => canonicalText(row.code)?.toUpperCase() ?? null,
      within: '(SELECT ep.event_id FROM event_participant ep WHERE ep.id = e.event_participant_id)',
    },
  },
  fields: {
    eventId: tags.ems(
      { refersTo: 'Event' },
      tags.computed({
        columns: ['event_participant.event_id'],
        kind: `required ${EXTERNAL_ID.name} of the participant's event`,
        map: (_row, { participant }) =>
          needed(EXTERNAL_ID).read(['event_participant.event_id', participant[0]?.eventId ?? null]),
      }),
    ),
    code: tags.ems(
      {},
      tags.computed({
        columns: ['code'],
        kind: `${TAG_CODE.name}, of the first at the event`,
        map: (row, { sameCode: [first] }) => {
          const code = TAG_CODE.read(['code', row.code]);
          if (first === undefined) return code;
          throw new Unmappable(
            'code',
            `is Tag/${first.id}'s at the same event: one of the two needs another`,
            DUPLICATE_TAG,
          );
        },
      }),
    ),
    eventParticipantId: reference(tags, 'eventParticipantId', 'EventParticipant', EXTERNAL_ID),
    kind: tags.ems(
      {},
      tags.column('kind', wordOf({ BIB: 'uhf-bib', SHOE: 'uhf-shoe', BIKE: 'active', CARD: 'active' })),
    ),
  },
});

/** In dependency order. */
export const tagServerMappings: readonly EntityMapping[] = [
  organisation,
  event,
  person,
  race,
  startGroup,
  eventParticipant,
  startGroupParticipant,
  tag,
];
