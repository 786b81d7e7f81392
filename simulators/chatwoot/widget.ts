import type { Chatwoot } from './chatwoot.ts';
import { giveAddress } from './addresses.ts';
import { createContact, findContact, mergeContacts, updateContact } from './contact-writes.ts';
import { Refusal } from './refusal.ts';

/** What a page tells ChatWoot's widget about its visitor. */
export interface Claim {
  readonly inbox: number;
  readonly identifier?: string | undefined;
  readonly email?: string | undefined;
  readonly name?: string | undefined;
  /** With a valid `identifier_hash`. */
  readonly signed: boolean;
}

/**
 * A visitor identifies itself. ChatWoot believes it without a signature unless the inbox has `hmac_mandatory`: the
 * visitor becomes the contact with that identifier, or else the contact with that e-mail, which then gets the
 * identifier.
 *
 * @throws Refusal 401 if the inbox requires a signature and the claim has none
 */
export async function claimIdentity(
  chatwoot: Chatwoot,
  { inbox, identifier, email, name, signed }: Claim,
): Promise<number> {
  const { store, settings } = chatwoot;
  if (settings.hmacMandatory.includes(inbox) && !signed) {
    throw new Refusal(401, { error: 'HMAC failed: Invalid Identifier Hash Provided' });
  }
  const visitor = await createContact(chatwoot, { name: name ?? 'visitor' });
  giveAddress(chatwoot, visitor, inbox, undefined);
  const [holder] = [
    ...store.contacts.by('identifier', identifier ?? null),
    ...store.contacts.by('email', email?.toLowerCase() ?? null),
  ];
  const base = holder === undefined ? visitor : mergeContacts(chatwoot, holder, findContact(chatwoot, visitor.id));
  const claimed = findContact(chatwoot, base.id);
  await updateContact(chatwoot, claimed, {
    ...(identifier === undefined ? {} : { identifier }),
    ...(email === undefined ? {} : { email }),
    ...(name === undefined ? {} : { name }),
  });
  return base.id;
}
