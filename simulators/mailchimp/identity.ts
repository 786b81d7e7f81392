import { createHash } from 'node:crypto';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** A member's id in its list: the md5 of the lower-case address. It changes with the address. */
export const subscriberHash = (email: string): string => md5(email.trim().toLowerCase());

/** An address's id across all lists; webhooks use only this id. */
export const uniqueEmailId = (email: string): string => md5(`address ${subscriberHash(email)}`).slice(0, 10);

/** Stable when the address changes. */
export const contactIdOf = (id: number): string => md5(`contact ${id}`);

/** Ids of everything except members, as short as the vendor's. */
export const keyOf = (kind: string, id: number): string => md5(`${kind} ${id}`).slice(0, 10);
