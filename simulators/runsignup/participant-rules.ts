import { isDeepStrictEqual } from 'node:util';
import { potentialDuplicateOf, RunSignupError } from './error-codes.ts';
import { looseInt, looseText } from './loose.ts';
import { ageOf, applyPersonal, isPersonal, personalData } from './person-rules.ts';
import type { RaceEvent, Registration, User } from './records.ts';
import { blankRegistration, blankUser, saveUser } from './registrations.ts';
import { type RunSignup, nowSeconds } from './runsignup.ts';

type Entry = Readonly<Record<string, unknown>>;

export interface WriteContext {
  readonly server: RunSignup;
  readonly event: RaceEvent;
  readonly safeSync: boolean;
  /** Refuses a new participant that looks like an existing one. */
  readonly restrictsDuplicates: boolean;
}

/** An entry without registration_id creates a registration with a new user, however often it is sent. */
export function addParticipant({ server, event, restrictsDuplicates }: WriteContext, entry: Entry): Registration {
  const { store, assumptions } = server;
  const now = nowSeconds(server);
  const personal = personalData(entry, assumptions);
  const user = applyPersonal(blankUser(store), { first_name: null, last_name: null, ...personal }, assumptions);
  if (restrictsDuplicates || !assumptions.repeatedAddMakesAnother) {
    const first = sameParticipant(server, event, user);
    if (first !== undefined && restrictsDuplicates) throw potentialDuplicateOf(first.registrationId);
    if (first !== undefined) return first;
  }
  refuseEmailOfAccount(server, user);
  const blank = { ...blankRegistration(store, event, user.userId, now), imported: assumptions.addedAreImported };
  const registration = applyOwn(server, event, blank, user, entry);
  saveUser(store, user, { bumpAt: null });
  return store.save('registration', registration.registrationId, registration);
}

/** An entry with registration_id: absent values are kept, null clears, and some fields are silently ignored. */
export function editParticipant(
  { server, event, safeSync }: WriteContext,
  registrationId: number,
  entry: Entry,
): Registration {
  const { store, assumptions } = server;
  const registration = store.find('registration', registrationId);
  if (registration?.eventId !== event.eventId) throw new RunSignupError(15);
  const user = store.find('user', registration.userId);
  if (user === undefined) throw new RunSignupError(101);

  const personal = personalData(entry, assumptions);
  if (safeSync && user.account && isPersonal(personal)) throw new RunSignupError(121);
  const changedUser = applyPersonal(user, personal, assumptions);
  if (changedUser.email !== user.email) refuseEmailOfAccount(server, changedUser);
  const changed = applyOwn(server, event, registration, changedUser, entry);

  const now = nowSeconds(server);
  const bumps = assumptions.apiEditsBumpLastModified;
  saveUser(store, changedUser, { bumpAt: bumps && assumptions.userEditBumpsAllRegistrations ? now : null });
  const same = isDeepStrictEqual(changed, registration) && isDeepStrictEqual(changedUser, user);
  const bump = bumps && (assumptions.sameEditBumpsLastModified || !same);
  return store.save('registration', registrationId, bump ? { ...changed, modifiedAt: now } : changed);
}

/**
 * Applies what belongs to the registration itself. Bib, chip and team of an inactive registration are silently kept.
 */
function applyOwn(server: RunSignup, event: RaceEvent, before: Registration, user: User, entry: Entry): Registration {
  const common = {
    ...before,
    age: ageOf(entry, user, event.start.slice(0, 10), before.age),
    giveaway: giveawayOf(event, before, entry),
  };
  if (before.removedReason !== null) return common;
  return {
    ...common,
    bib: bibOf(server, before, entry),
    chip: chipOf(before, entry),
    teamId: teamOf(server, before, entry),
  };
}

function bibOf({ store, assumptions }: RunSignup, before: Registration, entry: Entry): string | null {
  const sent = looseInt(entry['bib_num'], 115);
  if (sent === undefined) return before.bib;
  const bib = sent === null ? null : String(sent);
  if (bib === null || !assumptions.refuseDuplicateBibs) return bib;
  const wearers = store.list('registration', { parent: before.eventId, active: true });
  const taken = wearers.some((other) => other.bib === bib && other.registrationId !== before.registrationId);
  if (taken) throw new RunSignupError(115);
  return bib;
}

function chipOf(before: Registration, entry: Entry): string | null {
  const sent = looseText(entry['chip_num'], 116, true);
  if (sent === undefined) return before.chip;
  if (sent !== null && !/^[A-Za-z0-9_-]{1,64}$/.test(sent)) throw new RunSignupError(116);
  return sent;
}

/** @throws RunSignupError 514 for an unknown team, 515 for a closed one. */
function teamOf({ store }: RunSignup, before: Registration, entry: Entry): number | null {
  const sent = looseInt(entry['team_id'], 514);
  if (sent === undefined || sent === before.teamId) return before.teamId;
  if (sent === null) return null;
  const team = store.find('team', sent);
  if (team?.eventId !== before.eventId) throw new RunSignupError(514);
  if (team.closed) throw new RunSignupError(515);
  return sent;
}

/** @throws RunSignupError 11 for anything but one of the event's exact texts. */
function giveawayOf(event: RaceEvent, before: Registration, entry: Entry): string | null {
  const sent = looseText(entry['giveaway'], 11, false);
  if (sent === undefined) return before.giveaway;
  if (sent !== null && event.giveaways.length > 0 && !event.giveaways.includes(sent)) throw new RunSignupError(11);
  return sent;
}

/** Families may share an e-mail until one of them has an account. */
function refuseEmailOfAccount({ store }: RunSignup, { userId, email }: User): void {
  if (email === null) return;
  const holder = store.accountWithEmail(email);
  if (holder !== undefined && holder.userId !== userId) throw new RunSignupError(122);
}

function sameParticipant({ store }: RunSignup, event: RaceEvent, user: User): Registration | undefined {
  return store.list('registration', { parent: event.eventId, active: true }).find((registration) => {
    const other = store.find('user', registration.userId);
    return other?.email === user.email && other.firstName === user.firstName && other.lastName === user.lastName;
  });
}
