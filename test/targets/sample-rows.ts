import type { EmsRows, SourceRowTypes } from '../../database/entities/index.ts';
import { isHolderRow } from '../../database/detection/detection.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import type { AnySources, SourceType } from '../../targets/source-rows.ts';
import type { EntityMapping } from '../../targets/entity-mapping.ts';

/** Rows 1 and 2 exist; row 3 differs from 1 in every column and refers to the same rows as 2. */
export type Sample = 1 | 2 | 3;

const instant = (text: string) => Temporal.Instant.from(text);
const day = (text: string) => Temporal.PlainDate.from(text);

/** By type and column: the values of the three samples. */
const VALUES: { readonly [Type in SourceType]: Readonly<Record<string, readonly [unknown, unknown, unknown]>> } = {
  Organisation: {
    name: ['Clube de Atletismo', 'Harbour Runners', 'Verein Nord'],
    kind: ['CLUB', 'CLUB', 'ORGANISER'],
    email: ['club@one.example', 'club@two.example', 'club@three.example'],
    phone: ['+351223456781', '+351223456782', '+351223456783'],
    website: ['https://one.example', 'https://two.example', 'https://three.example'],
    street: ['Rua Nova 1', 'Rua Nova 2', 'Rua Nova 3'],
    city: ['Porto', 'Braga', 'Faro'],
    region: ['Porto', 'Braga', 'Faro'],
    postalCode: ['4000-101', '4000-102', '4000-103'],
    country: ['PT', 'ES', 'DE'],
  },
  Person: {
    firstName: ['Analuisa', 'Ruidesouza', 'Evamarina'],
    lastName: ['Silvamento', 'Costabrava', 'Santovale'],
    email: ['analuisa@one.example', 'rui@two.example', 'evamarina@three.example'],
    phone: ['+351912345671', '+351912345672', '+351912345673'],
    dateOfBirth: [day('1988-02-29'), day('1990-01-31'), day('2001-12-01')],
    gender: ['F', 'M', 'X'],
    nationality: ['PT', 'ES', 'DE'],
    language: ['pt-PT', 'en-GB', 'de-DE'],
    street: ['Rua das Flores 1', 'Rua das Flores 2', 'Rua das Flores 3'],
    city: ['Porto', 'Braga', 'Faro'],
    region: ['Porto', 'Braga', 'Faro'],
    postalCode: ['4000-201', '4000-202', '4000-203'],
    country: ['PT', 'ES', 'DE'],
    organisationId: ['1', '2', '2'],
  },
  ContactPreference: {
    personId: ['1', '2', '2'],
    channel: ['EMAIL', 'EMAIL', 'EMAIL'],
    topic: ['NEWSLETTER', 'OFFERS', 'RESULTS'],
    optedIn: [true, true, false],
  },
  Event: {
    organisationId: ['1', '2', '2'],
    name: ['Night Run', 'Forest Run', 'Harbour Run'],
    venue: ['Town hall', 'Station', 'Harbour'],
    city: ['Porto', 'Braga', 'Faro'],
    region: ['Porto', 'Braga', 'Faro'],
    country: ['PT', 'ES', 'DE'],
    startsOn: [instant('2099-05-15T08:30:00Z'), instant('2099-06-15T08:30:00Z'), instant('2099-07-15T08:30:00Z')],
    endsOn: [instant('2099-05-16T18:00:00Z'), instant('2099-06-16T18:00:00Z'), instant('2099-07-17T18:00:00Z')],
    timeZone: ['Europe/Lisbon', 'Europe/Madrid', 'Europe/Berlin'],
    status: ['OPEN', 'OPEN', 'CLOSED'],
    website: ['https://night.example', 'https://forest.example', 'https://harbour.example'],
  },
  Race: {
    eventId: ['1', '2', '2'],
    name: ['10 km', '20 km', 'Half marathon'],
    discipline: ['RUN', 'RUN', 'WALK'],
    distanceM: [10_000, 20_000, 21_098],
    startsOn: [instant('2099-05-15T08:30:00Z'), instant('2099-06-15T09:30:00Z'), instant('2099-06-15T10:45:00Z')],
    capacity: [100, 200, 300],
    feeMinor: [1_000, 2_000, 3_000],
    currency: ['EUR', 'EUR', 'USD'],
  },
  StartGroup: {
    raceId: ['1', '2', '2'],
    name: ['Elite', 'First', 'Second'],
    sequence: [1, 2, 3],
    startsOn: [instant('2099-05-15T08:30:00Z'), instant('2099-06-15T09:30:00Z'), instant('2099-06-15T09:40:00Z')],
    capacity: [10, 20, 30],
  },
  EventParticipant: {
    eventId: ['1', '2', '2'],
    raceId: ['1', '2', '2'],
    personId: ['1', '2', '2'],
    registrationNo: ['9001', '9002', '9003'],
    bib: ['101', '102', '103'],
    category: ['W35', 'M30', 'X20'],
    status: ['CONFIRMED', 'CONFIRMED', 'FINISHED'],
    teamName: ['Foxes', 'Owls', 'Bears'],
    registeredOn: [instant('2099-01-01T10:00:00Z'), instant('2099-01-02T10:00:00Z'), instant('2099-01-03T10:00:00Z')],
  },
  StartGroupParticipant: { startGroupId: ['1', '2', '2'], eventParticipantId: ['1', '2', '2'], position: [1, 2, 3] },
  Tag: {
    code: ['AAAA0001', 'AAAA0002', 'AAAA0003'],
    eventParticipantId: ['1', '2', '2'],
    kind: ['BIB', 'BIB', 'SHOE'],
    assignedOn: [instant('2099-02-01T10:00:00Z'), instant('2099-02-02T10:00:00Z'), instant('2099-02-03T10:00:00Z')],
  },
  Conversation: {
    personId: ['1', '2', '2'],
    channel: ['CHAT', 'EMAIL', 'PHONE'],
    subject: ['Where is the start?', 'Refund', 'Bib lost'],
    status: ['OPEN', 'PENDING', 'RESOLVED'],
    openedOn: [instant('2099-03-01T10:00:00Z'), instant('2099-03-02T10:00:00Z'), instant('2099-03-03T10:00:00Z')],
    lastActivityOn: [instant('2099-03-01T11:00:00Z'), instant('2099-03-02T11:00:00Z'), instant('2099-03-03T11:00:00Z')],
  },
  ConversationMessage: {
    conversationId: ['1', '2', '2'],
    author: ['AGENT', 'AGENT', 'AGENT'],
    agentName: ['Carlos', 'Marta', 'Pedro'],
    body: ['The start is at the town hall.', 'It is on its way.', 'Come to the desk.'],
    private: [true, true, true],
    sentOn: [instant('2099-03-01T11:00:00Z'), instant('2099-03-02T11:00:00Z'), instant('2099-03-03T11:00:00Z')],
  },
};

/** Columns of a sample, besides id and time, that a test may change. */
export type Columns = Readonly<Record<string, unknown>>;

export function sampleRow<T extends SourceType>(type: T, sample: Sample, changed: Columns = {}): SourceRowTypes[T] {
  const columns = Object.entries(VALUES[type]).map(([column, values]) => [column, values[sample - 1]]);
  const row = { id: String(sample), modifiedOn: instant('2099-01-01T00:00:00Z'), ...Object.fromEntries(columns) };
  return { ...row, ...changed };
}

/**
 * The rows that a mapping reads beside a sample: from each source, the row with the same number. No other row holds a
 * unique value first.
 */
export function sampleSources({ sources }: EntityMapping, sample: Sample, changed: Columns = {}): AnySources {
  const rows = Object.entries(sources).map(([name, source]) => [
    name,
    isHolderRow(source) ? [] : [sampleRow(source.type, sample)],
  ]);
  return { ...Object.fromEntries(rows), ...changed } as AnySources;
}

/** The columns of a type's samples. */
export const sampleColumns = (type: EntityType): readonly string[] => Object.keys(VALUES[type]);

export type AnyRow = EmsRows[EntityType];
