import type { BackdoorAnswers, ParsedEdit } from './backdoor-edits.ts';
import { deleteEvent } from './delete-event.ts';
import { addEvent, addRace } from './new-races.ts';
import type { Kind, Records, Registration, RemovedReason } from './records.ts';
import { blankRegistration, blankUser, removeRegistration, saveUser } from './registrations.ts';
import { type RunSignup, nowSeconds } from './runsignup.ts';
import type { Store } from './store.ts';

/** An edit names a record that does not exist or is no longer active. */
export class NoSuchRecord extends Error {
  constructor(kind: Kind, id: number, state = 'found') {
    super(`No ${kind} ${id} is ${state} at RunSignup: look at GET /control/state.`);
    this.name = 'NoSuchRecord';
  }
}

function get<K extends Kind>(store: Store, kind: K, id: number): Records[K] {
  const record = store.find(kind, id);
  if (record === undefined) throw new NoSuchRecord(kind, id);
  return record;
}

function active(store: Store, registrationId: number): Registration {
  const registration = get(store, 'registration', registrationId);
  if (registration.removedReason !== null) throw new NoSuchRecord('registration', registrationId, 'active');
  return registration;
}

/** Applies a human's edit at RunSignup. @throws NoSuchRecord */
export function applyEdit(server: RunSignup, edit: ParsedEdit): BackdoorAnswers[keyof BackdoorAnswers] {
  const { store, assumptions } = server;
  const now = nowSeconds(server);
  const touchRace = (raceId: number): void => {
    if (!assumptions.eventEditBumpsRace) return;
    store.save('race', raceId, { ...get(store, 'race', raceId), modifiedAt: now });
  };

  switch (edit.do) {
    case 'create-user':
      return { userId: newUser(server, edit.user) };
    case 'edit-user': {
      const user = get(store, 'user', edit.userId);
      const changed = { ...user, ...edit.set, address: { ...user.address, ...edit.set.address } };
      saveUser(store, changed, { bumpAt: assumptions.userEditBumpsAllRegistrations ? now : null });
      return { userId: edit.userId };
    }
    case 'create-race':
      return addRace(server, edit.race, edit.events);
    case 'edit-race': {
      const race = get(store, 'race', edit.raceId);
      const address = { ...race.address, ...edit.set.address };
      store.save('race', race.raceId, { ...race, ...edit.set, address, modifiedAt: now });
      return { raceId: edit.raceId };
    }
    case 'create-event': {
      const eventId = addEvent(server, get(store, 'race', edit.raceId), edit.event);
      touchRace(edit.raceId);
      return { eventId };
    }
    case 'edit-event': {
      const event = get(store, 'event', edit.eventId);
      store.save('event', event.eventId, { ...event, ...edit.set });
      touchRace(event.raceId);
      return { eventId: edit.eventId };
    }
    case 'delete-event': {
      const { raceId } = get(store, 'event', edit.eventId);
      deleteEvent(store, edit.eventId);
      touchRace(raceId);
      return { eventId: edit.eventId };
    }
    case 'create-team': {
      const { eventId } = get(store, 'event', edit.eventId);
      const teamId = store.nextId('team');
      store.save('team', teamId, { teamId, eventId, name: edit.name, closed: edit.closed });
      return { teamId };
    }
    case 'register':
      return register(server, edit);
    case 'edit-registration': {
      const registration = get(store, 'registration', edit.registrationId);
      store.save('registration', edit.registrationId, { ...registration, ...edit.set, modifiedAt: now });
      return { registrationId: edit.registrationId };
    }
    case 'transfer':
      return move(server, active(store, edit.registrationId), edit.eventId, 'transferred');
    case 'defer': {
      const registration = active(store, edit.registrationId);
      if (edit.eventId !== undefined) return move(server, registration, edit.eventId, 'deferred');
      removeRegistration(store, registration, { reason: 'deferred', newRegistrationId: null, now });
      return { registrationId: edit.registrationId, newRegistrationId: null };
    }
    case 'remove': {
      const { registrationId, reason } = edit;
      removeRegistration(store, active(store, registrationId), { reason, newRegistrationId: null, now });
      return { registrationId };
    }
    default:
      return edit satisfies never;
  }
}

function newUser({ store }: RunSignup, fields: Extract<ParsedEdit, { do: 'create-user' }>['user']): number {
  const blank = blankUser(store);
  const user = { ...blank, ...fields, address: { ...blank.address, ...fields.address } };
  saveUser(store, user, { bumpAt: null });
  return user.userId;
}

function register(server: RunSignup, edit: Extract<ParsedEdit, { do: 'register' }>): BackdoorAnswers['register'] {
  const { store } = server;
  const event = get(store, 'event', edit.eventId);
  const userId = edit.userId ?? newUser(server, { account: true, ...edit.user });
  get(store, 'user', userId);
  const blank = blankRegistration(store, event, userId, nowSeconds(server));
  const { registrationId } = blank;
  store.save('registration', registrationId, {
    ...blank,
    feeCents: 5500,
    rsuTransactionId: registrationId,
    transactionId: `ay_${registrationId.toString(36)}`,
    ...edit.set,
  });
  return { registrationId, userId };
}

/** The bib stays behind, because it belongs to the event. */
function move(server: RunSignup, registration: Registration, eventId: number, reason: RemovedReason) {
  const { store } = server;
  const now = nowSeconds(server);
  const event = get(store, 'event', eventId);
  const { registrationId: newRegistrationId, ...fresh } = blankRegistration(store, event, registration.userId, now);
  const { age, feeCents, imported, rsuTransactionId, transactionId } = registration;
  const next = {
    ...fresh,
    registrationId: newRegistrationId,
    age,
    feeCents,
    imported,
    rsuTransactionId,
    transactionId,
  };
  store.save('registration', newRegistrationId, next);
  removeRegistration(store, registration, { reason, newRegistrationId, now });
  return { registrationId: registration.registrationId, newRegistrationId };
}
