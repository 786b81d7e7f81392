import type { Content } from '../../sync/content-hash.ts';
import type { ConsentPolicy, Suppression } from '../../sync/suppression.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { FIELDS, optedIn, optedOut } from './contact-body.ts';
import { differing, doNotContact, emsKeyOf, refusalsOf, storedFields } from './read-contact.ts';
import { syncSegments } from './segments.ts';

export interface Confirming {
  /** The contact was created just now. */
  readonly isNew: boolean;
  readonly policy: ConsentPolicy;
  /** Aliases of segments that it was added to already. */
  readonly added?: readonly string[];
}

/** After the fields are written: do-not-contact and segments, and what Mautic made of it all. */
export async function confirm(
  api: MauticApi,
  request: SendRequest,
  contact: Contact,
  { isNew, policy, added = [] }: Confirming,
): Promise<SendResult> {
  const stored = verified(request, contact);
  await takeBackOwn(api, request, contact, policy);
  const refusals = binding(refusalsOf(contact), request, policy);
  const refused = refusals.some(({ channel }) => channel === 'email') || optedOut(request).includes('email');
  const topics = await syncSegments(api, request, contact.id, { refused, isNew, added });
  const out = optedOut(request);
  return {
    kind: 'sent',
    remoteId: contact.id,
    // It tells none of what is only created, and every later time may be somebody else's edit.
    remoteModifiedOn: null,
    stored: {
      ...stored,
      topics: new Set(topics),
      'optedOut.email': out.includes('email'),
      'optedOut.sms': out.includes('sms'),
    },
    refusals,
  };
}

/**
 * Our fields as Mautic holds them now.
 *
 * @throws SyncError if it is another's contact, or if Mautic made something else of a value. A region that is not in its list is
 *   left out, and no reason to hold the rest back.
 */
export function verified(request: SendRequest, contact: Contact): Content {
  const { key, content } = request;
  if (emsKeyOf(contact) !== key) {
    throw new SyncError('contract', `Mautic answered Person/${key} with a contact of another EMS id`, {
      code: 'contract',
      field: 'ems_person_id',
    });
  }
  const stored = storedFields(contact, FIELDS);
  const [field] = differing(content, stored).filter((name) => name !== 'state');
  if (field === undefined) return stored;
  throw new SyncError('rejected', `Mautic keeps another ${field} than was sent (contact ${contact.id})`, {
    code: 'changed-value',
    field,
  });
}

/** What EMS itself had opted out of, and opts out of no longer. What others have set stays, unless the policy says otherwise. */
async function takeBackOwn(
  api: MauticApi,
  request: SendRequest,
  contact: Contact,
  policy: ConsentPolicy,
): Promise<void> {
  const out = optedOut(request);
  for (const { channel, isOurs, reason } of doNotContact(contact)) {
    if (out.includes(channel)) continue;
    const overruled = policy === 'ems-wins' && reason !== 2 && optedIn(request).includes(channel);
    if (isOurs || overruled) await api.removeDoNotContact(contact.id, channel);
  }
}

function binding(
  refusals: readonly Suppression[],
  request: SendRequest,
  policy: ConsentPolicy,
): readonly Suppression[] {
  if (policy === 'ratchet') return refusals;
  return refusals.filter(({ channel, reason }) => reason === 'bounced' || !optedIn(request).includes(channel));
}
