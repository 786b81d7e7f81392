import type { Addresses } from '../../sync/address-hash.ts';
import { canonicalText } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import { isEntityKey, type EntityKey } from '../../sync/entity-type.ts';
import type { Channel, Suppression, SuppressionReason } from '../../sync/suppression.ts';
import { lowerCase } from '../contact-fields.ts';
import { phoneAddress } from '../person-addresses.ts';
import type { Contact } from './answers.ts';
import { ALIASES } from './contact-fields.ts';
import { countryCode } from './countries.ts';

/** The comment of EMS's own do-not-contact. Only this one, and {@link elsewhereComment}, is ever removed. */
export const EMS_COMMENT = 'EMS';

/** The comment of one that was in the suppression list and that Mautic had lost. */
export const SUPPRESSION_COMMENT = 'EMS: refused before';

/** The comment of one that was refused at another target, where it can be lifted. */
export const elsewhereComment = (target: string) => `EMS: refused at ${target}`;

const ELSEWHERE = /^EMS: refused at [A-Z]+$/;

/** The comment of one that EMS has withdrawn but that may also be the person's own: see `takeBackOwn`. */
export const WITHDRAWN_COMMENT = 'EMS: opted in, but may have unsubscribed by mail';

export const UNSUBSCRIBED = 1;
export const BOUNCED = 2;
export const MANUAL = 3;

const REASONS: Readonly<Record<number, SuppressionReason>> = {
  [UNSUBSCRIBED]: 'unsubscribed',
  [BOUNCED]: 'bounced',
  [MANUAL]: 'manual',
};

export function emsKeyOf({ fields }: Contact): EntityKey | null {
  const value = fields.all['ems_person_id'];
  const text = typeof value === 'number' ? String(value) : value;
  return isEntityKey(text) ? text : null;
}

/** A contact's fields of ours, as strings, in the mapping's notation. */
export function storedFields({ fields }: Contact): Content {
  return Object.fromEntries(ALIASES.map(([name, alias]) => [name, storedValue(alias, fields.all[alias])]));
}

function storedValue(alias: string, value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : null;
  return alias === 'email' ? lowerCase(text) : canonicalText(text?.replaceAll('\r\n', '\n'));
}

/** The fields that Mautic filled with their defaults, which it does for every blank field. */
export function defaulted({ fields: { all, ...groups } }: Contact): readonly string[] {
  const defaults = new Map(Object.values(groups).flatMap(defaultsIn));
  return ALIASES.flatMap(([name, alias]) => {
    const value = storedValue(alias, all[alias]);
    return value !== null && value === storedValue(alias, defaults.get(alias)) ? [name] : [];
  });
}

function defaultsIn(group: unknown): [alias: string, value: unknown][] {
  if (typeof group !== 'object' || group === null) return [];
  return Object.values(group).flatMap((field: unknown): [string, unknown][] =>
    typeof field === 'object' && field !== null && 'alias' in field && 'default_value' in field
      ? [[String(field.alias), field.default_value]]
      : [],
  );
}

export interface DoNotContact {
  readonly channel: Channel;
  readonly reason: number;
  readonly isOurs: boolean;
  /** Nobody has confirmed it: see `takeBackOwn`. */
  readonly isPresumed: boolean;
}

/** The do-not-contact records of EMS's channels. */
export function doNotContact({ doNotContact: records }: Contact): DoNotContact[] {
  return records.flatMap(({ channel, reason, comments }) => {
    if (channel !== 'email' && channel !== 'sms') return [];
    return [{ channel, reason, isOurs: isOurs(reason, comments), isPresumed: comments?.trim() === WITHDRAWN_COMMENT }];
  });
}

/** Set by EMS: its own opt-out, or a refusal at another target. */
const isOurs = (reason: number, comments: string | null | undefined) =>
  (reason === MANUAL && comments?.trim() === EMS_COMMENT) || ELSEWHERE.test(comments?.trim() ?? '');

/** Refusals by the person, a bounce or Mautic's staff: everything that EMS did not set itself. */
export function refusalsOf(contact: Contact): Suppression[] {
  return doNotContact(contact).flatMap((record) => (record.isOurs ? [] : [suppressionOf(record)]));
}

/** The same for records that were just added. */
export function refusalsAmong(
  added: readonly { readonly channel: Channel; readonly reason: number; readonly comments: string }[],
): Suppression[] {
  return added.filter(({ reason, comments }) => !isOurs(reason, comments)).map(suppressionOf);
}

const suppressionOf = ({
  channel,
  reason,
  isPresumed = false,
}: Pick<DoNotContact, 'channel' | 'reason'> & { readonly isPresumed?: boolean }): Suppression => ({
  channel,
  reason: REASONS[reason] ?? 'manual',
  ...(isPresumed ? { presumed: true } : {}),
});

/** A contact's addresses at Mautic. */
export function addressesIn({ fields }: Contact): Addresses {
  const { email, mobile, country } = fields.all;
  return { email: textOf(email), ...phoneAddress(textOf(mobile), countryCode(textOf(country) ?? '')) };
}

const textOf = (value: unknown) => (typeof value === 'string' ? canonicalText(value) : null);
