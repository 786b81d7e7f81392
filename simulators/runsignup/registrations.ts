import { isDeepStrictEqual } from 'node:util';
import { type RaceEvent, type Registration, type RemovedReason, type User, emptyAddress } from './records.ts';
import type { Store } from './store.ts';

export const blankUser = (store: Store): User => ({
  userId: store.nextId('user'),
  account: false,
  firstName: null,
  middleName: null,
  lastName: null,
  email: null,
  address: emptyAddress,
  dob: null,
  gender: null,
  phone: null,
  profileImageUrl: null,
});

/** An active registration with only its event, its user and the current time. */
export const blankRegistration = (store: Store, event: RaceEvent, userId: number, now: number): Registration => ({
  registrationId: store.nextId('registration'),
  raceId: event.raceId,
  eventId: event.eventId,
  userId,
  bib: null,
  chip: null,
  age: null,
  ageGroup: null,
  teamId: null,
  giveaway: null,
  imported: false,
  feeCents: 0,
  rsuTransactionId: null,
  transactionId: null,
  registeredAt: now,
  modifiedAt: now,
  removedReason: null,
  newRegistrationId: null,
});

export interface Removal {
  readonly reason: RemovedReason;
  readonly newRegistrationId: number | null;
  /** Unix seconds. */
  readonly now: number;
}

/** Removes the registration from the list of participants and adds it to the feed of removed ones. */
export const removeRegistration = (
  store: Store,
  registration: Registration,
  { reason, newRegistrationId, now }: Removal,
): Registration =>
  store.save('registration', registration.registrationId, {
    ...registration,
    removedReason: reason,
    newRegistrationId,
    modifiedAt: now,
  });

export interface UserSaving {
  /** Unix seconds; null: `last_modified` of the registrations stays. */
  readonly bumpAt: number | null;
}

/** Saves a changed user and, if `bumpAt` is set, updates `last_modified` of its active registrations. */
export function saveUser(store: Store, user: User, { bumpAt }: UserSaving): void {
  const before = store.find('user', user.userId);
  if (isDeepStrictEqual(before, user)) return;
  store.save('user', user.userId, user);
  if (before === undefined || bumpAt === null) return;
  for (const registration of store.list('registration', { owner: user.userId, active: true })) {
    store.save('registration', registration.registrationId, { ...registration, modifiedAt: bumpAt });
  }
}
