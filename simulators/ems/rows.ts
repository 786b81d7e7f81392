/**
 * The rows of the sample EMS by table, with EMS's column names.
 *
 * Times are RFC 3339 text in UTC, with microseconds where a column holds them (a JavaScript `Date` would drop them).
 * Dates are `YYYY-MM-DD`. `null` is a missing value; `''` and surrounding blanks occur in optional text, as in real
 * tables.
 */

type Text = string | null;

interface Auditable {
  readonly id: number;
  /** Last change, six fractional digits. */
  readonly modified_on: string;
}

interface Address {
  readonly street: Text;
  readonly city: Text;
  readonly region: Text;
  readonly postal_code: Text;
  /** ISO 3166-1 alpha-2. */
  readonly country: Text;
}

export interface OrganisationRow extends Auditable, Address {
  readonly name: string;
  readonly kind: 'club' | 'sponsor' | 'federation';
  readonly email: Text;
  readonly phone: Text;
  readonly website: Text;
}

export interface PersonRow extends Auditable, Address {
  readonly first_name: string;
  /** Missing, empty or blank for a person with only one name; such a person takes part in nothing. */
  readonly last_name: Text;
  readonly email: Text;
  readonly phone: Text;
  readonly date_of_birth: Text;
  readonly gender: 'F' | 'M' | 'X' | '' | null;
  readonly nationality: Text;
  readonly language: Text;
  readonly organisation_id: number | null;
}

export type PreferenceChannel = 'EMAIL' | 'SMS' | 'PHONE' | 'POST';
export type PreferenceTopic = 'NEWSLETTER' | 'OFFERS' | 'RESULTS' | 'SERVICE';

export interface ContactPreferenceRow extends Auditable {
  readonly person_id: number;
  readonly channel: PreferenceChannel;
  readonly topic: PreferenceTopic;
  readonly opted_in: boolean;
  readonly changed_on: string;
  readonly source: Text;
}

export type EventStatus = 'DRAFT' | 'OPEN' | 'CLOSED' | 'DONE' | 'CANCELLED';

export interface EventRow extends Auditable {
  readonly organisation_id: number | null;
  readonly name: string;
  readonly venue: Text;
  readonly city: Text;
  readonly region: Text;
  readonly country: Text;
  readonly starts_on: string;
  readonly ends_on: string;
  /** IANA. */
  readonly time_zone: string;
  readonly status: EventStatus;
  readonly website: Text;
}

export type Discipline = 'RUN' | 'CYCLE' | 'SWIM' | 'TRIATHLON' | 'WALK';

export interface RaceRow extends Auditable {
  readonly event_id: number;
  readonly name: string;
  readonly discipline: Discipline;
  readonly distance_m: number | null;
  readonly starts_on: string;
  readonly capacity: number | null;
  readonly fee_minor: number | null;
  readonly currency: Text;
}

export interface StartGroupRow extends Auditable {
  readonly race_id: number;
  readonly name: string;
  readonly sequence: number | null;
  readonly starts_on: Text;
  readonly capacity: number | null;
}

export type ParticipantStatus = 'REGISTERED' | 'CONFIRMED' | 'WITHDRAWN' | 'DNS' | 'DNF' | 'FINISHED';

export interface EventParticipantRow extends Auditable {
  readonly event_id: number;
  readonly race_id: number;
  readonly person_id: number;
  readonly registration_no: Text;
  /** Unique within a race after trimming; missing or empty until it is assigned. */
  readonly bib: Text;
  readonly category: Text;
  readonly status: ParticipantStatus;
  readonly team_name: Text;
  readonly registered_on: string;
}

export interface StartGroupParticipantRow extends Auditable {
  readonly start_group_id: number;
  readonly event_participant_id: number;
  readonly position: number | null;
}

export interface TagRow extends Auditable {
  /** Hexadecimal EPC, upper or lower case; unique ignoring case. */
  readonly code: string;
  /** Missing for a spare tag. */
  readonly event_participant_id: number | null;
  readonly kind: 'BIB' | 'SHOE' | 'BIKE' | 'CARD';
  readonly assigned_on: Text;
}

export interface ConversationRow extends Auditable {
  readonly person_id: number;
  readonly channel: 'CHAT' | 'EMAIL' | 'PHONE' | 'NOTE';
  readonly subject: Text;
  readonly status: 'OPEN' | 'PENDING' | 'SNOOZED' | 'RESOLVED';
  readonly opened_on: string;
  readonly last_activity_on: string;
}

export interface ConversationMessageRow extends Auditable {
  readonly conversation_id: number;
  readonly author: 'PERSON' | 'AGENT' | 'EMS';
  readonly agent_name: Text;
  readonly body: string;
  readonly private: boolean;
  readonly sent_on: string;
}

export interface Tables {
  readonly organisation: readonly OrganisationRow[];
  readonly person: readonly PersonRow[];
  readonly contact_preference: readonly ContactPreferenceRow[];
  readonly event: readonly EventRow[];
  readonly race: readonly RaceRow[];
  readonly start_group: readonly StartGroupRow[];
  readonly event_participant: readonly EventParticipantRow[];
  readonly start_group_participant: readonly StartGroupParticipantRow[];
  readonly tag: readonly TagRow[];
  readonly conversation: readonly ConversationRow[];
  readonly conversation_message: readonly ConversationMessageRow[];
}

export type TableName = keyof Tables;

/** Parents before children: insert in this order, delete in reverse. */
export const tableOrder = [
  'organisation',
  'person',
  'contact_preference',
  'event',
  'race',
  'start_group',
  'event_participant',
  'start_group_participant',
  'tag',
  'conversation',
  'conversation_message',
] as const satisfies readonly TableName[];

/** Names one row. */
export interface RowName {
  readonly table: TableName;
  readonly id: number;
}
