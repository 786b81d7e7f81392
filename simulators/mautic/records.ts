/** What Mautic's database holds, under the API's names. Times are milliseconds since 1970, UTC. */

export type FieldValue = string | number | null;

/** Why a contact must not be contacted: the person unsubscribed, mail bounced, or somebody decided it. */
export const UNSUBSCRIBED = 1;
export const BOUNCED = 2;
export const MANUAL = 3;

export interface DoNotContact {
  readonly id: number;
  readonly dateAdded: number;
  readonly reason: number;
  readonly comments: string;
  readonly channel: string;
  readonly channelId: number | null;
}

/** A contact's membership of a segment. A manual removal stays on record, so that no filter adds the contact again. */
export interface Membership {
  readonly segment: number;
  readonly dateAdded: number;
  readonly manuallyAdded: boolean;
  readonly manuallyRemoved: boolean;
}

export interface Contact {
  readonly id: number;
  /** By alias of the field; a field without a value is missing. */
  readonly values: Readonly<Record<string, FieldValue>>;
  /** Ids of tags, in the order in which they were added. */
  readonly tags: readonly number[];
  readonly doNotContact: readonly DoNotContact[];
  readonly segments: readonly Membership[];
  /** `gravatar` until it is changed; null: blanked by a PUT without it. */
  readonly profileImage: string | null;
  /** When e-mails were sent to the contact. */
  readonly mails: readonly number[];
  readonly dateAdded: number;
  /** Null until the first edit. */
  readonly dateModified: number | null;
  /** Null while the contact is anonymous: no name, no e-mail, no company. */
  readonly dateIdentified: number | null;
}

/** A merged contact and the one that it was merged into, which answers requests for the old id. */
export interface MergeRecord {
  /** The id of the merged contact. */
  readonly id: number;
  readonly into: number;
}

export interface Tag {
  readonly id: number;
  readonly tag: string;
}

export interface Segment {
  readonly id: number;
  readonly name: string;
  readonly alias: string;
  readonly description: string | null;
  readonly isPublished: boolean;
  readonly dateAdded: number;
}

export const fieldTypes = [
  'text',
  'textarea',
  'html',
  'email',
  'tel',
  'url',
  'lookup',
  'number',
  'boolean',
  'date',
  'datetime',
  'select',
  'multiselect',
  'country',
  'region',
  'locale',
  'timezone',
] as const;
export type FieldType = (typeof fieldTypes)[number];

export interface Field {
  readonly id: number;
  readonly label: string;
  readonly alias: string;
  readonly type: FieldType;
  readonly group: 'core' | 'social' | 'personal' | 'professional';
  readonly isUniqueIdentifier: boolean;
  readonly isPublished: boolean;
  readonly isFixed: boolean;
  readonly defaultValue: FieldValue;
  /** As set on creation; null = the version's default, see settings. */
  readonly charLengthLimit: number | null;
  /** `scale` of a number, `list` of a select. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface Hook {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly webhookUrl: string;
  readonly secret: string;
  readonly triggers: readonly string[];
  readonly isPublished: boolean;
  /** Consecutive failures since the last 2xx answer. */
  readonly failures: number;
}

/** The tokens issued for one request. */
export interface Grant {
  readonly id: number;
  readonly accessToken: string;
  readonly accessExpiresAt: number;
  /** Null where the grant has none (client_credentials). */
  readonly refreshToken: string | null;
  readonly refreshExpiresAt: number;
}
