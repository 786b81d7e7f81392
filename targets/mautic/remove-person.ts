import { SyncError } from '../../sync/sync-error.ts';
import { CHANNELS, fromElsewhere, type Channel } from '../../sync/suppression.ts';
import {
  consentOf,
  type Erased,
  type EraseRequest,
  type OptOutRequest,
  type Removed,
  type RemoveRequest,
} from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { addressOf, belongsToOther, contactsAtAddress } from './find-place.ts';
import { addressesIn, emsKeyOf, refusalsOf } from './read-contact.ts';
import { refuseAt, wantedRefusals } from './refuse.ts';
import { carriesOurs, whoAnswers } from './whose-contact.ts';

/**
 * Deletes the contact, unless its address also belongs to another person who has no contact yet; then it is left to that
 * person. Whoever has one cannot take it over, and could not have the address while it stays. Refusals are reported first.
 */
export async function removePerson(api: MauticApi, request: RemoveRequest): Promise<Removed> {
  const contact = await ownContact(api, request);
  if (contact === null) return {};
  const addresses = addressesIn(contact);
  const left = { addresses, refusals: refusalsOf(contact) };
  const { email } = addresses;
  if (typeof email === 'string' && (await consentOf(request).isAnothers(email, { isNew: true }))) {
    const answer = await api.patchContact(contact.id, { ems_person_id: null });
    if (answer.kind === 'refused') {
      throw new SyncError('transient', `Mautic would not let contact ${contact.id} go`, { code: 'refused' });
    }
  } else {
    await api.deleteContact(contact.id);
  }
  return { left };
}

/**
 * Deletes all contacts with the person's EMS id or one of its addresses, unless they belong to another person. Mautic
 * has no stronger deletion.
 */
export async function erasePerson(api: MauticApi, request: EraseRequest): Promise<Erased> {
  const answered = await whoAnswers(api, request);
  const own = await ownContact(api, request);
  const emails = new Set(
    [request.addresses.email, own === null ? null : addressesIn(own).email].flatMap(addressOfText),
  );
  const found: Contact[] = own === null ? [] : [own];
  for (const contact of await api.contactsWith('ems_person_id', request.key)) {
    if (emsKeyOf(contact) === request.key) found.push(contact);
  }
  for (const email of emails) found.push(...(await contactsAtAddress(api, { content: { email } })));
  const erased = new Map<string, Contact>();
  for (const contact of found) {
    const isAnothers = belongsToOther(request, contact) !== null || (await isHeldByOther(request, contact));
    if (!isAnothers) erased.set(contact.id, contact);
  }
  for (const id of erased.keys()) await api.deleteContact(id);
  const deleted = erased.size === 0 ? 'no contact' : `deleted contact ${[...erased.keys()].join(', ')}`;
  const left = answered.kind === 'merged-away' && !erased.has(answered.into.id) ? answered.into.id : null;
  return {
    outcome: left !== null ? 'kept' : erased.size === 0 ? 'absent' : 'erased',
    detail: left === null ? deleted : `${deleted}; its own was merged into contact ${left}, another's: look there`,
    addresses: [...erased.values()].flatMap((contact) =>
      CHANNELS.flatMap((channel): [Channel, string][] => {
        const address = addressesIn(contact)[channel];
        return address == null ? [] : [[channel, address]];
      }),
    ),
  };
}

const addressOfText = (email: string | null | undefined) => addressOf(email) ?? [];

/**
 * Sends only the opt-outs, and refusals at other targets, of a person whose other fields cannot be sent. Segments are
 * left alone: do-not-contact is stronger, and the stored topics must stay true.
 */
export async function optOutPerson(api: MauticApi, request: OptOutRequest): Promise<void> {
  const { email } = request.addresses;
  const own = await ownContact(api, request);
  const [contact] = own === null ? await contactsAtAddress(api, { content: { email: addressOf(email) } }) : [own];
  if (contact === undefined || belongsToOther(request, contact) !== null) return;
  if (await isHeldByOther(request, contact)) return;
  const consent = consentOf(request);
  const wanted = wantedRefusals(request.channels, fromElsewhere(consent.suppressions));
  // Recorded first: if it is lifted at Mautic, the next poll notices that it is missing.
  for (const { channel } of wanted) await consent.willStore(`optedOut.${channel}`, true);
  await refuseAt(api, contact, wanted);
}

/**
 * The contact under our record's id, or under the one it continues as; never one that now belongs to another person.
 */
async function ownContact(api: MauticApi, request: RemoveRequest): Promise<Contact | null> {
  const answered = await whoAnswers(api, request);
  if (answered.kind === 'own' && carriesOurs(request, answered.contact)) return answered.contact;
  for (const contact of await api.contactsWith('ems_person_id', request.key))
    if (emsKeyOf(contact) === request.key && !(await isHeldByOther(request, contact))) return contact;
  return null;
}

const isHeldByOther = async (request: RemoveRequest, { id }: Contact) =>
  (await consentOf(request).holderOf(id)) !== null;
