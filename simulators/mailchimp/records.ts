/** What Mailchimp's database holds. Times are milliseconds since 1970, UTC, of whole seconds. */

/** What a client may ask for; `archived` is only ever answered. */
export const askedStatuses = ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional'] as const;
export type AskedStatus = (typeof askedStatuses)[number];
export type Status = AskedStatus | 'archived';

/** Whose doing it is that a member is not mailed; it outlives archiving. */
export type Hold = 'api' | 'admin' | 'member' | 'bounce' | 'compliance';

/** Who did it, as webhooks tell it: the member, a marketer in Mailchimp's pages, the API. */
export type Source = 'user' | 'admin' | 'api';

export interface PostalAddress {
  readonly addr1: string;
  readonly addr2: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
  readonly country: string;
}

/** Empty is `""`, of an address, too. */
export type MergeValue = string | number | PostalAddress;

export interface Member {
  /** `web_id`. */
  readonly id: number;
  readonly contactId: string;
  /** As it is shown. */
  readonly email: string;
  readonly status: Status;
  readonly hold: Hold | null;
  readonly emailType: 'html' | 'text';
  /** By merge tag; what is missing is empty. */
  readonly mergeFields: Readonly<Record<string, MergeValue>>;
  /** Keys of those that are on. */
  readonly interests: readonly string[];
  /** Keys of those that are given. */
  readonly permissions: readonly string[];
  readonly tags: readonly { readonly id: number; readonly addedAt: number }[];
  readonly language: string;
  readonly vip: boolean;
  readonly latitude: number;
  readonly longitude: number;
  readonly ipSignup: string;
  readonly ipOpt: string;
  readonly signedUpAt: number | null;
  readonly optedInAt: number | null;
  readonly lastChanged: number;
  readonly source: string;
}

/** Somebody called a mail spam; the member is unsubscribed for that. */
export interface AbuseReport {
  readonly id: number;
  readonly email: string;
  readonly reportedAt: number;
}

/** An address that was erased; never again by API. */
export interface Forgotten {
  readonly id: number;
  readonly hash: string;
}

export interface Tag {
  readonly id: number;
  readonly name: string;
}

export const mergeTypes = [
  'text',
  'number',
  'address',
  'phone',
  'date',
  'url',
  'imageurl',
  'radio',
  'dropdown',
  'birthday',
  'zip',
] as const;

export interface MergeField {
  /** `merge_id`. */
  readonly id: number;
  readonly tag: string;
  readonly name: string;
  readonly type: (typeof mergeTypes)[number];
  readonly required: boolean;
  readonly default_value: string;
  readonly public: boolean;
  readonly help_text: string;
  readonly options: {
    readonly choices?: readonly string[] | undefined;
    /** `US`, or `none`: any. */
    readonly phone_format?: string | undefined;
    readonly date_format?: string | undefined;
    readonly size?: number | undefined;
  };
}

export interface InterestCategory {
  readonly id: number;
  readonly key: string;
  readonly title: string;
  readonly type: 'checkboxes' | 'dropdown' | 'radio' | 'hidden';
}

export interface Interest {
  readonly id: number;
  readonly key: string;
  /** Key of its category. */
  readonly category: string;
  readonly name: string;
}

export interface Permission {
  readonly id: number;
  readonly key: string;
  readonly text: string;
}

export const webhookEvents = ['subscribe', 'unsubscribe', 'profile', 'cleaned', 'upemail', 'campaign'] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

export interface Hook {
  readonly id: number;
  readonly key: string;
  readonly url: string;
  readonly events: Readonly<Record<WebhookEvent, boolean>>;
  readonly sources: Readonly<Record<Source, boolean>>;
  /** Null: it does not sign. */
  readonly secret: string | null;
}

export interface BatchOperation {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly body: string;
  readonly operationId: string;
}

export interface BatchResult {
  readonly status_code: number;
  readonly operation_id: string;
  /** JSON. */
  readonly response: string;
}

export interface Batch {
  readonly id: number;
  readonly key: string;
  readonly operations: readonly BatchOperation[];
  readonly submittedAt: number;
  /** Null until they were worked on, in an order of their own. */
  readonly results: readonly BatchResult[] | null;
}
