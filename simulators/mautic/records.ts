/** What Mautic's database holds, under the names of its API. Times are milliseconds since 1970, UTC. */

export type FieldValue = string | number | null;

/** Why a contact is not to be contacted: by the person's own act, because mail came back, by somebody's decision. */
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

/** A contact's place in a segment. One that was removed by hand stays on record, so that no filter brings it back. */
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
  /** `gravatar` until somebody changes it; null: blanked by a PUT that left it out. */
  readonly profileImage: string | null;
  /** When an e-mail was sent to it. */
  readonly mails: readonly number[];
  readonly dateAdded: number;
  /** Null until the first edit. */
  readonly dateModified: number | null;
  /** Null while nobody knows who it is: no name, no e-mail, no company. */
  readonly dateIdentified: number | null;
}

/** A contact that is gone, and the one that it was merged into: whoever asks for its id is answered with that one. */
export interface MergeRecord {
  /** The id of the one that is gone. */
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
  /** As it was made; null = that of its version, see settings. */
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
  /** In a row, since it last was answered 2xx. */
  readonly failures: number;
}

/** What a token request handed out. */
export interface Grant {
  readonly id: number;
  readonly accessToken: string;
  readonly accessExpiresAt: number;
  /** Null where the grant has none (client_credentials). */
  readonly refreshToken: string | null;
  readonly refreshExpiresAt: number;
}
