import { createHash } from 'node:crypto';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** What identifies a member in its list: md5 of the address in lower case. Its id changes with its address. */
export const subscriberHash = (email: string): string => md5(email.trim().toLowerCase());

/** Of an address over all lists; webhooks know no other id. */
export const uniqueEmailId = (email: string): string => md5(`address ${subscriberHash(email)}`).slice(0, 10);

/** Stays when the address changes. */
export const contactIdOf = (id: number): string => md5(`contact ${id}`);

/** Ids of what is no member, as short as the vendor's. */
export const keyOf = (kind: string, id: number): string => md5(`${kind} ${id}`).slice(0, 10);
