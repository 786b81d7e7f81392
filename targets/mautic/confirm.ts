import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import { fromElsewhere, type Channel, type ConsentPolicy, type Suppression } from '../../sync/suppression.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { differingFields } from '../differing-fields.ts';
import { consentOf, type SendRequest, type SendResult } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { isSameCountry, LEFT_OUT } from './choices.ts';
import { optedIn, optedOut } from './contact-body.ts';
import {
  addressesIn,
  BOUNCED,
  defaulted,
  doNotContact,
  emsKeyOf,
  refusalsAmong,
  refusalsOf,
  storedFields,
  UNSUBSCRIBED,
  WITHDRAWN_COMMENT,
} from './read-contact.ts';
import { refuseAt, wantedRefusals, type Refusal } from './refuse.ts';
import { syncSegments, topicFlags } from './segments.ts';

export interface Confirming {
  /** The contact was just created. */
  readonly isNew: boolean;
  readonly policy: ConsentPolicy;
  /** Refusals of a contact that may have been merged with this one. */
  readonly inherited?: readonly Refusal[];
  /** The contact as it was before it was written. */
  readonly before?: Contact | undefined;
  /** Aliases of segments to which it was already added. */
  readonly added?: readonly string[];
  /** Aliases of segments that currently accept nobody, and why. */
  readonly unavailable?: ReadonlyMap<string, Error>;
}

/**
 * After the fields are written: sends do-not-contact and segments, and checks what Mautic stored.
 *
 * @throws SyncError if it is another person's contact, or Mautic stored a different value.
 */
export async function confirm(
  api: MauticApi,
  request: SendRequest,
  contact: Contact,
  { isNew, policy, inherited = [], before, added = [], unavailable = new Map() }: Confirming,
): Promise<SendResult> {
  checkKey(request, contact);
  const out = [...optedOut(request), ...fromElsewhere(consentOf(request).suppressions).map(({ channel }) => channel)];
  const lacking = await refuseAt(api, contact, stillToRefuse(request, contact, inherited));
  const stored = verified(request, contact);
  const withdrawn = await takeBackOwn(api, request, contact, policy);
  const told = [...refusalsOf(contact), ...refusalsAmong(lacking), ...withdrawn];
  const refusals = binding(told, request, policy);
  const refused = [...refusals, ...consentOf(request).suppressions].some(({ channel }) => channel === 'email');
  const topics = await syncSegments(api, request, contact.id, {
    refused: refused || out.includes('email'),
    isNew,
    added,
    unavailable,
  });
  return {
    kind: 'sent',
    remoteId: contact.id,
    // Mautic returns no modified time for a new contact, and any later time may be somebody else's edit.
    remoteModifiedOn: null,
    stored: {
      ...stored,
      ...topicFlags(topics),
      topics: new Set(topics),
      'optedOut.email': out.includes('email'),
      'optedOut.sms': out.includes('sms'),
    },
    refusals,
    ...(before === undefined ? {} : { formerAddresses: addressesIn(before) }),
  };
}

function checkKey({ key }: SendRequest, contact: Contact): void {
  if (emsKeyOf(contact) === key) return;
  throw new SyncError('contract', `Mautic answered Person/${key} with a contact of another EMS id`, {
    code: 'contract',
    field: 'ems_person_id',
  });
}

/**
 * The refusals to send again: EMS's own opt-out if somebody removed it, because only EMS may do that, and refusals at
 * other targets. Other refusals only if the contact is not our record's: then two contacts were merged, and one may
 * have been lost.
 */
function stillToRefuse(request: SendRequest, contact: Contact, inherited: readonly Refusal[]): readonly Refusal[] {
  const isOurs = contact.id === request.remoteId;
  const { suppressions } = consentOf(request);
  const known = wantedRefusals(optedOut(request), isOurs ? fromElsewhere(suppressions) : suppressions);
  const channels = known.map(({ channel }) => channel);
  return [...known, ...inherited.filter(({ channel }) => !channels.includes(channel))];
}

/**
 * Our fields as Mautic stores them. Values missing in its lists of regions and locales are left out and do not block
 * the rest; fields that are blank in EMS get Mautic's default, if there is one.
 *
 * @throws SyncError of class `rejected` if Mautic stored a different value.
 */
function verified({ content }: SendRequest, contact: Contact): Content {
  const stored = storedFields(contact);
  const blank = defaulted(contact).filter((name) => canonicalForm(content[name]) === null);
  const [field] = differingFields(content, stored).filter(
    (name) =>
      !LEFT_OUT.includes(name) &&
      !blank.includes(name) &&
      !(name === 'country' && isSameCountry(content[name], stored[name])),
  );
  if (field === undefined) return stored;
  throw new SyncError('rejected', `Mautic keeps another ${field} than was sent (contact ${contact.id})`, {
    code: 'changed-value',
    field,
  });
}

/**
 * Whether a refusal may be hidden by EMS's own record. One that our record does not know of: EMS's database was restored
 * from before the opt-out. For text messages, a reply replaces EMS's record, so nothing is lost.
 */
async function mayHideRefusal(
  api: MauticApi,
  request: SendRequest,
  { id }: Contact,
  channel: Channel,
): Promise<boolean> {
  if (id === request.remoteId && consentOf(request).wasStored(`optedOut.${channel}`, false)) return true;
  return channel === 'email' && (await api.wasMailed(id));
}

/**
 * Withdraws EMS's own opt-out once EMS opts in, and what it set for another target that has lifted its refusal. What
 * others have set stays, unless the policy says otherwise.
 *
 * While EMS's record stands, Mautic loses unsubscriptions by link and bounces: neither replaces a record. So if a mail
 * was ever sent, nobody knows whether the person has refused meanwhile, and EMS's record becomes an unsubscription.
 *
 * @returns the refusals that this creates.
 */
async function takeBackOwn(
  api: MauticApi,
  request: SendRequest,
  contact: Contact,
  policy: ConsentPolicy,
): Promise<readonly Suppression[]> {
  const withdrawn: Suppression[] = [];
  const optIns = optedIn(request);
  const refused = consentOf(request).suppressions.map(({ channel }) => channel);
  for (const { channel, isOurs, reason } of doNotContact(contact)) {
    if (!optIns.includes(channel)) continue;
    if (policy === 'ems-wins' && reason !== BOUNCED && !refused.includes(channel))
      await api.removeDoNotContact(contact.id, channel);
    else if (isOurs && !refused.includes(channel)) {
      if (!(await mayHideRefusal(api, request, contact, channel))) await api.removeDoNotContact(contact.id, channel);
      else {
        await api.addDoNotContact(contact.id, channel, UNSUBSCRIBED, WITHDRAWN_COMMENT);
        withdrawn.push({ channel, reason: 'unsubscribed', presumed: true });
      }
    }
  }
  return withdrawn;
}

function binding(
  refusals: readonly Suppression[],
  request: SendRequest,
  policy: ConsentPolicy,
): readonly Suppression[] {
  if (policy === 'ratchet') return refusals;
  return refusals.filter(({ channel, reason }) => reason === 'bounced' || !optedIn(request).includes(channel));
}
