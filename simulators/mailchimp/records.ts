/** What Mailchimp's database holds. Times are milliseconds since 1970, UTC, of whole seconds. */

/** The statuses that a client may ask for; `archived` occurs only in answers. */
export const askedStatuses = ['subscribed', 'unsubscribed', 'cleaned', 'pending', 'transactional'] as const;
export type AskedStatus = (typeof askedStatuses)[number];
export type Status = AskedStatus | 'archived';

/** Who blocked mail to the member; survives archiving. */
export type Hold = 'api' | 'admin' | 'member' | 'bounce' | 'compliance';

/** Who made a change, as webhooks report it: the member, a marketer in the web app, or the API. */
export type Source = 'user' | 'admin' | 'api';

export interface PostalAddress {
  readonly addr1: string;
  readonly addr2: string;
  readonly city: string;
  readonly state: string;
  readonly zip: string;
  readonly country: string;
}

/** Empty is `""`, also for an address. */
export type MergeValue = string | number | PostalAddress;

export interface Member {
  /** `web_id`. */
  readonly id: number;
  readonly contactId: string;
  /** The address in the spelling that is shown. */
  readonly email: string;
  readonly status: Status;
  readonly hold: Hold | null;
  readonly emailType: 'html' | 'text';
  /** By merge tag; a missing one is empty. */
  readonly mergeFields: Readonly<Record<string, MergeValue>>;
  /** Keys of the selected interests. */
  readonly interests: readonly string[];
  /** Keys of the granted permissions. */
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

/** A member reported a mail as spam and was unsubscribed for that. */
export interface AbuseReport {
  readonly id: number;
  readonly email: string;
  readonly reportedAt: number;
}

/** An erased address; the API never accepts it again. */
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
    /** `US`, or `none` for any format. */
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
  /** Key of the interest's category. */
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
  /** Null until the operations have run; in their own order. */
  readonly results: readonly BatchResult[] | null;
}
