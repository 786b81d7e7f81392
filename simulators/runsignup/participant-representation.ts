import type { Assumptions } from './assumptions.ts';
import { toFlag } from './loose.ts';
import type { RaceEvent, Registration, Team, User } from './records.ts';
import { ageOn, easternMinutes, easternSeconds } from './times.ts';

export interface UserView {
  /** Gender X is shown only to callers that declare support for it. */
  readonly showsX: boolean;
  /** How personal data are withheld from a key that may not see them; undefined: they are shown. */
  readonly withheldAs?: Assumptions['withheldComesAs'] | undefined;
}

export function userBody(user: User, { showsX, withheldAs }: UserView) {
  const personal = {
    first_name: user.firstName,
    middle_name: user.middleName,
    last_name: user.lastName,
    email: user.email,
    address: user.address,
    dob: user.dob,
    gender: user.gender === 'X' && !showsX ? null : user.gender,
    phone: user.phone,
    profile_image_url: user.profileImageUrl,
  };
  if (withheldAs === undefined) return { user_id: user.userId, ...personal };
  if (withheldAs === 'missing') return { user_id: user.userId };
  return { user_id: user.userId, ...Object.fromEntries(Object.keys(personal).map((name) => [name, null])) };
}

/** A bib or chip as PHP returns it: all digits may become a number or stay a string. */
function looseNumber(text: string | null, registrationId: number, comesAs: Assumptions['numbersComeAs']) {
  const isNumber = text !== null && /^(0|[1-9]\d{0,14})$/.test(text);
  const asNumber = comesAs === 'number' || (comesAs === 'mixed' && registrationId % 2 === 0);
  return isNumber && asNumber ? Number(text) : text;
}

const dollars = (cents: number): string => `$${(cents / 100).toFixed(2)}`;

/** The records that a registration is shown with. */
export interface RegistrationParts {
  readonly user: User;
  readonly event: RaceEvent;
  readonly team: Team | undefined;
  readonly view: UserView;
  readonly numbersComeAs: Assumptions['numbersComeAs'];
}

export const participantBody = (
  registration: Registration,
  { user, event, team, view, numbersComeAs }: RegistrationParts,
) => ({
  user: userBody(user, view),
  registration_id: registration.registrationId,
  event_id: registration.eventId,
  rsu_transaction_id: registration.rsuTransactionId,
  transaction_id: registration.transactionId,
  bib_num: looseNumber(registration.bib, registration.registrationId, numbersComeAs),
  chip_num: looseNumber(registration.chip, registration.registrationId, numbersComeAs),
  age: user.dob === null ? registration.age : ageOn(user.dob, event.start.slice(0, 10)),
  age_group: registration.ageGroup,
  registration_date: easternMinutes(registration.registeredAt),
  team_id: registration.teamId,
  team_name: team?.name ?? null,
  giveaway: registration.giveaway,
  last_modified: registration.modifiedAt,
  imported: toFlag(registration.imported),
  race_fee: dollars(registration.feeCents),
});

/** A removed registration: times in US Eastern with seconds, plus Unix seconds. */
export const removedBody = (registration: Registration, full: RegistrationParts | undefined) => ({
  ...(full === undefined ? {} : participantBody(registration, full)),
  registration_id: registration.registrationId,
  removed_reason: registration.removedReason,
  new_registration_id: registration.newRegistrationId,
  registration_date: easternSeconds(registration.registeredAt),
  last_modified: easternSeconds(registration.modifiedAt),
  last_modified_ts: registration.modifiedAt,
});
