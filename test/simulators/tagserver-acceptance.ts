import type { RowName, Tables } from '../../simulators/ems/index.ts';

/** The part of the sample that passes TagServer's filter (mappings.md), computed without the product's code. */
export function tagServerScope(tables: Tables) {
  const events = tables.event.filter(({ status }) => ['OPEN', 'CLOSED', 'DONE'].includes(status));
  const eventIds = new Set(events.map(({ id }) => id));
  const races = tables.race.filter((row) => eventIds.has(row.event_id));
  const raceIds = new Set(races.map(({ id }) => id));
  const participants = tables.event_participant.filter((row) => eventIds.has(row.event_id));
  const participantIds = new Set(participants.map(({ id }) => id));
  const personIds = new Set(participants.map((row) => row.person_id));
  const persons = tables.person.filter(({ id }) => personIds.has(id));
  const organisationIds = new Set([...events, ...persons].map((row) => row.organisation_id));
  return {
    organisation: tables.organisation.filter(({ id }) => organisationIds.has(id)),
    person: persons,
    event: events,
    race: races,
    start_group: tables.start_group.filter((row) => raceIds.has(row.race_id)),
    event_participant: participants,
    start_group_participant: tables.start_group_participant.filter((row) =>
      participantIds.has(row.event_participant_id),
    ),
    tag: tables.tag.filter((row) => row.event_participant_id !== null && participantIds.has(row.event_participant_id)),
  };
}

const isText = (value: string | null): boolean =>
  value !== null &&
  value === value.trim() &&
  value === value.normalize('NFC') &&
  value.length >= 1 &&
  value.length <= 255 &&
  !/\p{Cc}/u.test(value);

const isMissing = (value: string | null): boolean => (value ?? '').trim() === '';
const isDate = (value: string | null): boolean => isMissing(value) || /^\d{4}-\d{2}-\d{2}$/u.test(value ?? '');
const isCountry = (value: string | null): boolean => isMissing(value) || /^[A-Z]{2}$/u.test(value ?? '');
const isInstant = (value: string | null): boolean =>
  isMissing(value) || Temporal.Instant.from(value ?? '').epochNanoseconds > 0n;

/** The rows in scope that break the contract's schemas or its unique keys. */
export function refusedRows(tables: Tables): RowName[] {
  const scope = tagServerScope(tables);
  const refused: RowName[] = [];
  const expect = (table: RowName['table'], id: number, ...conditions: readonly boolean[]): void => {
    if (conditions.includes(false)) refused.push({ table, id });
  };
  const seen = new Set<string>();
  const isNew = (key: string): boolean => !seen.has(key) && seen.add(key).has(key);
  const eventOf = new Map(tables.event_participant.map((row) => [row.id, row.event_id]));

  for (const row of scope.organisation) expect('organisation', row.id, isText(row.name), isCountry(row.country));
  for (const row of scope.event) {
    const zoned = Temporal.Instant.from(row.starts_on).toZonedDateTimeISO(row.time_zone);
    expect('event', row.id, isText(row.name), row.organisation_id !== null, zoned.timeZoneId === row.time_zone);
  }
  for (const row of scope.race) {
    expect('race', row.id, isText(row.name), isInstant(row.starts_on), row.distance_m === null || row.distance_m >= 1);
  }
  for (const row of scope.person) {
    const gender = isMissing(row.gender) || ['F', 'M', 'X'].includes(row.gender ?? '');
    expect('person', row.id, isText(row.first_name), isText(row.last_name), gender);
    expect('person', row.id, isDate(row.date_of_birth), isCountry(row.nationality));
  }
  for (const row of scope.start_group) {
    expect(
      'start_group',
      row.id,
      isText(row.name),
      isInstant(row.starts_on),
      row.capacity === null || row.capacity >= 0,
    );
  }
  for (const row of scope.event_participant) {
    const bib = row.bib?.trim() ?? '';
    expect('event_participant', row.id, bib.length <= 16, bib === '' || isNew(`bib ${row.race_id} ${bib}`));
  }
  for (const row of scope.tag) {
    const code = row.code.toUpperCase();
    const event = eventOf.get(row.event_participant_id ?? 0);
    expect('tag', row.id, /^[0-9A-F]{4,32}$/u.test(code), isNew(`tag ${event} ${code}`));
  }
  return refused;
}
