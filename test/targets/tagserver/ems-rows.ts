import * as fc from '../../seeded-fast-check.ts';
import type { EmsRows } from '../../../database/entities/index.ts';
import { contentDigest, type Content, type ContentDigest } from '../../../sync/content-hash.ts';
import type { EntityType } from '../../../sync/entity-type.ts';
import { mappingOf } from '../../../targets/sync-process.ts';
import type { Mapped } from '../../../targets/entity-mapping.ts';
import { tagServer } from '../../../targets/tagserver/process.ts';
import type { ResourceType } from '../../../simulators/tagserver/resource-types.ts';
import type { Kind } from './kind.ts';
import * as numbers from './number-kinds.ts';
import * as texts from './text-kinds.ts';
import * as times from './time-kinds.ts';

/** EMS values by column; `club.name` is the name of the row that the mapping calls `club`. */
export type Values = Readonly<Record<string, unknown>>;

/** One entity type as EMS stores it. */
export interface TypeCase {
  readonly type: EntityType;
  readonly resource: ResourceType;
  /** The columns that TagServer's fields come from; `kind` may depend on other columns. */
  readonly mapped: Readonly<Record<string, Kind | ((values: Values) => Kind)>>;
  readonly unmapped: readonly string[];
}

const AUDIT = ['id', 'modifiedOn'];
const dayAtPlace = (values: Values) => times.localDay(String(values['timeZone']).trim());

export const TYPE_CASES: readonly TypeCase[] = [
  {
    type: 'Organisation',
    resource: 'organisations',
    mapped: { name: texts.name, country: texts.country },
    unmapped: [...AUDIT, 'kind', 'email', 'phone', 'website', 'street', 'city', 'region', 'postalCode'],
  },
  {
    type: 'Event',
    resource: 'events',
    mapped: {
      timeZone: times.timeZone,
      organisationId: numbers.key,
      name: texts.name,
      startsOn: dayAtPlace,
      endsOn: dayAtPlace,
    },
    unmapped: [...AUDIT, 'venue', 'city', 'region', 'country', 'status', 'website'],
  },
  {
    type: 'Person',
    resource: 'persons',
    mapped: {
      firstName: texts.name,
      lastName: texts.name,
      dateOfBirth: times.birthDate,
      gender: texts.gender,
      nationality: texts.country,
      'club.name': texts.optionalName,
    },
    unmapped: [...AUDIT, 'email', 'phone', 'language', 'street', 'city', 'region', 'postalCode', 'country', 'club.id'],
  },
  {
    type: 'Race',
    resource: 'races',
    mapped: {
      eventId: numbers.key,
      name: texts.name,
      startsOn: times.milliseconds,
      distanceM: numbers.distance,
      discipline: texts.discipline,
    },
    unmapped: [...AUDIT, 'capacity', 'feeMinor', 'currency'],
  },
  {
    type: 'StartGroup',
    resource: 'start-groups',
    mapped: {
      raceId: numbers.key,
      name: texts.name,
      sequence: numbers.sequence,
      startsOn: times.milliseconds,
      capacity: numbers.capacity,
    },
    unmapped: AUDIT,
  },
  {
    type: 'EventParticipant',
    resource: 'event-participants',
    mapped: { eventId: numbers.key, raceId: numbers.key, personId: numbers.key, bib: texts.bib, status: texts.status },
    unmapped: [...AUDIT, 'registrationNo', 'category', 'teamName', 'registeredOn'],
  },
  {
    type: 'StartGroupParticipant',
    resource: 'start-group-participants',
    mapped: { startGroupId: numbers.key, eventParticipantId: numbers.key },
    unmapped: [...AUDIT, 'position'],
  },
  {
    type: 'Tag',
    resource: 'tags',
    mapped: {
      code: texts.tagCode,
      eventParticipantId: numbers.optionalKey,
      kind: texts.tagKind,
      'participant.eventId': numbers.key,
    },
    unmapped: [...AUDIT, 'assignedOn', 'participant.bib'],
  },
];

export function kindOf(typeCase: TypeCase, column: string, values: Values): Kind {
  const kind = typeCase.mapped[column];
  if (kind === undefined) throw new RangeError(`${typeCase.type} maps no ${column}`);
  return typeof kind === 'function' ? kind(values) : kind;
}

/** One value for each mapped column, drawn in the order of the declaration. */
export function valuesOf(typeCase: TypeCase, which: 'valid' | 'wild'): fc.Arbitrary<Values> {
  const mapped = Object.keys(typeCase.mapped).map((column) => [column, kindOf(typeCase, column, {})[which]] as const);
  return fc.record(
    Object.fromEntries([...mapped, ...typeCase.unmapped.map((column) => [column, texts.unmapped.valid])]),
  );
}

/** Each column in another spelling and order; undefined ones are sometimes missing. */
export function respelt(typeCase: TypeCase, values: Values): fc.Arbitrary<Values> {
  const spellings = Object.keys(values).map((column) => {
    const kind = column in typeCase.mapped ? kindOf(typeCase, column, values) : texts.unmapped;
    return kind.respell(values[column]).map((value) => [column, value] as const);
  });
  return fc
    .tuple(...spellings)
    .chain((columns) => fc.shuffledSubarray(columns, { minLength: columns.length }))
    .map((columns) => Object.fromEntries(columns.filter(([, value], index) => value !== undefined || index % 2 === 0)));
}

/** @throws Error for an id that is not a number, as PostgreSQL would. */
export function mapValues({ type }: TypeCase, values: Values): Mapped {
  const row: Record<string, unknown> = {};
  const sources: Record<string, Record<string, unknown>[]> = { club: [], participant: [], sameBib: [], sameCode: [] };
  for (const [column, value] of Object.entries(values)) {
    const [source, name] = column.split('.');
    if (source !== undefined && name !== undefined) sources[source] = [{ ...sources[source]?.[0], [name]: value }];
    else row[column] = value;
  }
  return mappingOf(tagServer.process, type).map(
    row as unknown as EmsRows[EntityType],
    sources as unknown as { readonly [name: string]: readonly EmsRows[EntityType][] },
  );
}

/** @throws Error if the mapping parks it. */
export function contentOf(typeCase: TypeCase, values: Values): Content {
  const mapped = mapValues(typeCase, values);
  if (mapped.kind === 'parked') throw new Error(`${typeCase.type} is parked: ${mapped.field} ${mapped.reason}`);
  return mapped.content;
}

export function hashOf(typeCase: TypeCase, values: Values): ContentDigest {
  return contentDigest(contentOf(typeCase, values));
}
