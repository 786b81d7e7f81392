import { fromElsewhere, type ConsentPolicy } from '../../sync/suppression.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { consentOf, type SendRequest, type SendResult } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { fieldsBody, hasZeros, names, optedOut } from './contact-body.ts';
import { confirm } from './confirm.ts';
import {
  addressesHeld,
  addressOf,
  findPlace,
  takenByAlike,
  takenByOther,
  type Blocked,
  type Place,
} from './find-place.ts';
import type { Answer } from './http.ts';
import { doNotContact, refusalsOf } from './read-contact.ts';
import { refuseAt, wantedRefusals, type Refusal } from './refuse.ts';
import { invalid } from './refusal.ts';
import { calledFor, letGo, settleAddress } from './settle-address.ts';
import { writeZeros } from './write-zeros.ts';

/**
 * Enough for the longest sequence: found elsewhere, matched by a create, refused for locale, region and country, then
 * for the address.
 */
const LONGEST_WAY = 8;

/**
 * Brings a contact to EMS's state. Ownership is checked before anything is written. Opt-outs go first, so they are sent
 * even if the rest is refused. Mautic has no unique constraint on addresses; the engine's lock ensures that no other
 * delivery writes for this address meanwhile.
 */
export async function sendPerson(api: MauticApi, request: SendRequest, policy: ConsentPolicy): Promise<SendResult> {
  let body = api.choices.fit(fieldsBody(request));
  let place: Place | null = null;
  for (let steps = 0; steps < LONGEST_WAY; steps += 1) {
    place ??= await findPlace(api, request);
    if (place.kind === 'taken') return place.result;
    const contact: Contact | null = place.kind === 'contact' ? place.contact : null;
    const id: string | null = contact?.id ?? null;
    const before: Before = contact === null ? NOTHING_BEFORE : await prepare(api, request, contact);
    if (before.kind === 'taken')
      return request.release && before.result.by.length > 0 ? letGo(api, request, id, before.result) : before.result;
    const inherited = joined(place.inherited, before.inherited);
    const answer: Answer<Contact> =
      id === null
        ? await api.createContact({ ...body, ...asBody(joined(ownRefusals(request, true), inherited)) })
        : await api.patchContact(id, { ...body, ...asBody(before.inherited) });
    switch (answer.kind) {
      case 'answered': {
        const taken = await heldByOther(request, answer.value);
        if (taken !== null) return taken;
        if (id === null && answer.status === 200) {
          // Somebody created it meanwhile. Fields that are blank in EMS were not blanked; only a PATCH does that
          // safely.
          place = { kind: 'contact', contact: answer.value, inherited };
          break;
        }
        const written = hasZeros(request) ? await writeZeros(api, request, answer.value) : answer.value;
        return confirm(api, request, written, { isNew: id === null, policy, inherited, before: contact ?? undefined });
      }
      case 'missing':
        // It was deleted at Mautic meanwhile.
        place = null;
        break;
      case 'refused': {
        // A value that is not in Mautic's lists must neither block the rest nor leave the old value in place.
        const other = api.choices.after(answer.failures, body);
        if (other !== null) body = other;
        else if (answer.status === 422 || names(answer.failures, 'email'))
          return settleAddress(api, request, answer, id);
        else throw invalid(answer.failures, calledFor(id), answer.status);
      }
    }
  }
  throw new SyncError('transient', `Mautic keeps changing around Person/${request.key}`, { code: 'unsettled' });
}

type Before =
  | { readonly kind: 'ready'; readonly inherited: readonly Refusal[] }
  | { readonly kind: 'taken'; readonly result: Blocked };

const NOTHING_BEFORE = { kind: 'ready', inherited: [] } as const satisfies Before;

/**
 * Before a contact is written: sends refusals first, because they must not wait for a name that Mautic rejects; then
 * looks for another contact with the new address, because version 4 would silently merge the two.
 */
async function prepare(api: MauticApi, request: SendRequest, contact: Contact): Promise<Before> {
  const { email } = request.content;
  const wanted = ownRefusals(request, contact.id !== request.remoteId);
  await willOptOut(request);
  await refuseAt(api, contact, wanted);
  if (addressOf(contact.fields.all['email']) === email) return NOTHING_BEFORE;
  const { same, alike } = await addressesHeld(api, request);
  const lookalike = await takenByAlike(
    request,
    alike.filter((other) => other.id !== contact.id),
  );
  if (lookalike !== null) return { kind: 'taken', result: lookalike };
  const others = same.filter((other) => other.id !== contact.id);
  for (const other of others) {
    const result = await takenByOther(request, other);
    if (result !== null) return { kind: 'taken', result };
  }
  // If the two are merged, the refusals of the other contact must not be lost.
  const held = [...doNotContact(contact), ...wanted].map(({ channel }) => channel);
  const inherited = wantedRefusals([], others.flatMap(refusalsOf)).filter(({ channel }) => !held.includes(channel));
  return { kind: 'ready', inherited };
}

/**
 * Records what is about to be refused on EMS's part. If the answer is lost, EMS can still take it back; one that our record
 * does not know of is not taken back.
 */
async function willOptOut(request: SendRequest): Promise<void> {
  const consent = consentOf(request);
  const channels = [...optedOut(request), ...fromElsewhere(consent.suppressions).map(({ channel }) => channel)];
  for (const channel of new Set(channels)) await consent.willStore(`optedOut.${channel}`, true);
}

/** One per channel; the first takes precedence. */
function joined(first: readonly Refusal[], second: readonly Refusal[]): readonly Refusal[] {
  const channels = first.map(({ channel }) => channel);
  return [...first, ...second.filter(({ channel }) => !channels.includes(channel))];
}

/**
 * EMS's opt-outs, and entries of the suppression list that the contact may not know: if it is new to us, or gets a new
 * address. A refusal of our own contact that is missing was lifted at Mautic, which the
 * poll reports. Refusals at another target are only lifted there.
 */
function ownRefusals(request: SendRequest, isNew: boolean): readonly Refusal[] {
  const { content } = request;
  const consent = consentOf(request);
  const unknown = consent.suppressions.filter(({ channel, at }) => {
    const field = channel === 'email' ? 'email' : 'mobile';
    return isNew || at !== undefined || !consent.wasStored(field, content[field]);
  });
  return wantedRefusals(optedOut(request), unknown);
}

const asBody = (refusals: readonly Refusal[]) => (refusals.length === 0 ? {} : { doNotContact: refusals });

/** An answer may be about a different contact than requested: the one that two were merged into. */
async function heldByOther(request: SendRequest, contact: Contact): Promise<Blocked | null> {
  return contact.id === request.remoteId ? null : takenByOther(request, contact);
}
