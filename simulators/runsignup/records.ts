/** The simulator's stored records. Moments are Unix seconds; wall times are `YYYY-MM-DDTHH:MM` in the race's zone. */
export interface Records {
  readonly race: Race;
  readonly event: RaceEvent;
  readonly user: User;
  readonly registration: Registration;
  readonly corral: Corral;
  readonly team: Team;
}

export type Kind = keyof Records;

export interface Address {
  readonly street: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly zipcode: string | null;
  readonly country_code: string | null;
}

export interface Race {
  readonly raceId: number;
  readonly name: string;
  readonly urlString: string;
  readonly draft: boolean;
  readonly private: boolean;
  readonly registrationOpen: boolean;
  readonly createdAt: number;
  readonly modifiedAt: number;
  /** HTML. */
  readonly description: string | null;
  readonly externalUrl: string | null;
  readonly logoUrl: string | null;
  /** Write-only at the vendor. */
  readonly contactEmail: string | null;
  readonly timezone: string;
  readonly address: Address;
}

export interface RaceEvent {
  readonly eventId: number;
  readonly raceId: number;
  /** The race's edition; a renewal gets a new one. */
  readonly raceEventDaysId: number;
  readonly name: string;
  readonly details: string | null;
  readonly start: string;
  readonly end: string | null;
  readonly eventType: string;
  readonly distance: string | null;
  readonly volunteer: boolean;
  /** The exact texts allowed for `giveaway`; empty: any. */
  readonly giveaways: readonly string[];
}

export interface User {
  readonly userId: number;
  /** Has a RunSignup account, which restricts edits through the API. */
  readonly account: boolean;
  readonly firstName: string | null;
  readonly middleName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  readonly address: Address;
  /** YYYY-MM-DD. */
  readonly dob: string | null;
  readonly gender: 'M' | 'F' | 'X' | null;
  readonly phone: string | null;
  readonly profileImageUrl: string | null;
}

export type RemovedReason = 'cleared' | 'removed' | 'transferred' | 'deferred';

export interface Registration {
  readonly registrationId: number;
  readonly raceId: number;
  readonly eventId: number;
  readonly userId: number;
  readonly bib: string | null;
  readonly chip: string | null;
  /** The age as sent, if there is no date of birth. */
  readonly age: number | null;
  readonly ageGroup: string | null;
  readonly teamId: number | null;
  readonly giveaway: string | null;
  readonly imported: boolean;
  readonly feeCents: number;
  readonly rsuTransactionId: number | null;
  readonly transactionId: string | null;
  readonly registeredAt: number;
  readonly modifiedAt: number;
  /** Null for an active registration. */
  readonly removedReason: RemovedReason | null;
  readonly newRegistrationId: number | null;
}

export interface Corral {
  readonly raceCorralId: number;
  readonly raceId: number;
  /** The edition of the corral. */
  readonly raceEventDaysId: number;
  readonly name: string;
  readonly startDescription: string | null;
  readonly description: string | null;
  readonly eventIds: readonly number[];
  readonly sortOrder: number | null;
}

export interface Team {
  readonly teamId: number;
  readonly eventId: number;
  readonly name: string;
  /** Accepts no more members: 515. */
  readonly closed: boolean;
}

export const emptyAddress: Address = { street: null, city: null, state: null, zipcode: null, country_code: null };
