import { createHmac } from 'node:crypto';
import { deriveKey, type SecretKey } from '../../sync/derived-keys.ts';
import { isEntityKey, type EntityKey } from '../../sync/entity-type.ts';
import type { Contact } from './answers.ts';

/** The custom attribute that shows agents the EMS id. A visitor can set it as well, so it proves nothing by itself. */
export const PERSON_ATTRIBUTE = 'ems_person_id';

/** Our identifiers: 256 bits in hexadecimal, because ChatWoot compares identifiers in lower case. */
const FORM = /^ems-[0-9a-f]{64}$/;

/** The EMS id in one of ChatWoot's attributes; null if it cannot be ours. Other identifiers belong to other systems. */
export function emsKeyIn(value: unknown): EntityKey | null {
  const text = typeof value === 'number' ? String(value) : value;
  return isEntityKey(text) ? text : null;
}

type Identified = Pick<Contact, 'id' | 'identifier' | 'custom_attributes'>;

/**
 * Which person a contact is. ChatWoot's widget lets a visitor claim any identifier without a signature, so identifiers
 * are made with SYNC_KEY: nobody can guess another person's. Earlier releases used the plain EMS id; it counts only at
 * the contact that our record names, and the next sending replaces it.
 */
export class ContactIdentity {
  readonly #keys: readonly SecretKey[];
  readonly #trusted: boolean;

  /**
   * @param keys newest first. Identifiers made with any of them are recognised.
   * @param trusted ChatWoot verifies whatever visitors claim, so a plain EMS id is believed wherever it is.
   */
  constructor(keys: readonly SecretKey[], { trusted }: { readonly trusted: boolean }) {
    this.#keys = keys;
    this.#trusted = trusted;
  }

  /** @throws RangeError if there is no key. */
  identifierOf(key: EntityKey): string {
    const [identifier] = this.#identifiersOf(key);
    if (identifier === undefined) throw new RangeError('no key: set SYNC_KEY to 32 random bytes in base64');
    return identifier;
  }

  /** Every identifier by which the person's contact may be looked up, newest first. */
  lookUps(key: EntityKey): readonly string[] {
    return this.#trusted ? [...this.#identifiersOf(key), key] : this.#identifiersOf(key);
  }

  /** The contact has an identifier that only we can have given it for this person. */
  isOwn({ identifier }: Identified, key: EntityKey): boolean {
    return this.lookUps(key).some((one) => one === identifier);
  }

  /**
   * The same for the contact that the person's record names (`remoteId`). There, two more forms count: the plain EMS
   * id, and an identifier under a key that has left SYNC_KEY, if the custom attribute has the person's id.
   */
  isRecorded(contact: Identified, key: EntityKey, remoteId: string | null): boolean {
    if (this.isOwn(contact, key)) return true;
    if (String(contact.id) !== remoteId) return false;
    return contact.identifier === key || (isOurForm(contact) && this.#attributeOf(contact) === key);
  }

  /** The person that the identifier proves; null if it proves none. */
  keyOf(contact: Identified): EntityKey | null {
    const attribute = this.#attributeOf(contact);
    if (attribute !== null && this.isOwn(contact, attribute)) return attribute;
    return this.#trusted ? emsKeyIn(contact.identifier) : null;
  }

  /** Whether the contact's custom attributes are ours: a visitor can set those of an own contact. */
  provesMarks(contact: Identified): boolean {
    return this.#trusted || this.keyOf(contact) !== null;
  }

  /** The person whose contact it seems to be, proven or not: reason enough to leave it alone, never to use it. */
  claimOf(contact: Identified): EntityKey | null {
    return (
      this.keyOf(contact) ?? emsKeyIn(contact.identifier) ?? (isOurForm(contact) ? this.#attributeOf(contact) : null)
    );
  }

  /** The EMS id of a contact that was read for a person's pair, or of an unknown one (`pair` null). */
  emsKeyOf(contact: Identified, pair: { readonly key: EntityKey; readonly remoteId: string } | null): EntityKey | null {
    if (pair === null) return this.keyOf(contact);
    return this.isRecorded(contact, pair.key, pair.remoteId) ? pair.key : this.#contradiction(contact, pair.key);
  }

  #contradiction(contact: Identified, key: EntityKey): EntityKey | null {
    const claim = this.claimOf(contact);
    return claim === key ? null : claim;
  }

  #attributeOf({ custom_attributes }: Identified): EntityKey | null {
    return emsKeyIn(custom_attributes?.[PERSON_ATTRIBUTE]);
  }

  #identifiersOf(key: EntityKey): readonly string[] {
    return this.#keys.map((secret) => {
      const mac = createHmac('sha256', deriveKey(secret, 'chatwoot-identifier')).update(`Person/${key}`);
      return `ems-${mac.digest('hex')}`;
    });
  }
}

const isOurForm = ({ identifier }: Identified) => FORM.test(identifier ?? '');
