import { SyncError } from '../../sync/sync-error.ts';
import type { Channel } from '../../sync/suppression.ts';
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
import { addressesIn, emsKeyOf, refusalsOf } from './read-contact.ts';
import { refuseAt, wantedRefusals } from './refuse.ts';

/**
 * Deletes the contact, unless its address is another person's as well: then it is let go, to be that one's. What was refused
 * there is reported first.
 */
export async function removePerson(api: MauticApi, request: RemoveRequest): Promise<Removed> {
  const contact = await ownContact(api, request);
  if (contact === null) return {};
  const addresses = addressesIn(contact);
  const left = { addresses, refusals: refusalsOf(contact) };
  const { email } = addresses;
  if (typeof email === 'string' && (await consentOf(request).isAnothers(email))) {
    const answer = await api.patchContact(contact.id, { ems_person_id: null });
    if (answer.kind === 'refused') {
      throw new SyncError('transient', `Mautic would not let contact ${contact.id} go`, { code: 'refused' });
    }
  } else {
    await api.deleteContact(contact.id);
  }
  return { left };
}

/** Deletes for good whatever carries the person's EMS id or address. Mautic has no stronger deletion. */
export async function erasePerson(api: MauticApi, request: EraseRequest): Promise<Erased> {
  const contacts = new Map<string, Contact>();
  const known = await ownContact(api, request);
  if (known !== null) contacts.set(known.id, known);
  for (const contact of await api.contactsWith('ems_person_id', request.key)) {
    if (emsKeyOf(contact) === request.key) contacts.set(contact.id, contact);
  }
  const { email } = request.addresses;
  for (const contact of typeof email === 'string' ? await api.contactsWith('email', email) : [])
    contacts.set(contact.id, contact);
  for (const id of contacts.keys()) await api.deleteContact(id);
  return {
    outcome: contacts.size === 0 ? 'absent' : 'erased',
    detail: contacts.size === 0 ? 'no contact' : `deleted contact ${[...contacts.keys()].join(', ')}`,
    addresses: [...contacts.values()].flatMap((contact) =>
      Object.entries(addressesIn(contact)).flatMap(([channel, address]): [Channel, string][] =>
        address == null ? [] : [[channel as Channel, address]],
      ),
    ),
  };
}

/** Only the opt-outs, of a person whose other fields cannot be sent. */
export async function optOutPerson(api: MauticApi, request: OptOutRequest): Promise<void> {
  const { email } = request.addresses;
  const contact =
    (await ownContact(api, request)) ??
    (typeof email === 'string' ? (await api.contactsWith('email', email))[0] : undefined);
  if (contact === undefined) return;
  await refuseAt(api, contact, wantedRefusals(request.channels, consentOf(request).suppressions));
}

/** Under our record's id, or wherever it went on; never one that is another person's by now. */
async function ownContact(api: MauticApi, { key, remoteId }: RemoveRequest): Promise<Contact | null> {
  const known = remoteId === null ? null : await api.contact(remoteId);
  if (known !== null && (emsKeyOf(known) ?? key) === key) return known;
  return (await api.contactsWith('ems_person_id', key)).find((contact) => emsKeyOf(contact) === key) ?? null;
}
