import type { EntityKey } from '../../sync/entity-type.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import { isAnothers } from '../same-record.ts';
import type { Contact, Refused } from './answers.ts';
import { contactBody, isUpToDate, mendedPhone } from './contact-body.ts';
import {
  blockedBy,
  CONTESTED,
  findLike,
  ownershipOf,
  type Candidate,
  type Contacts,
  type Contested,
} from './find-contact.ts';
import type { ContactIdentity } from './contact-identity.ts';
import { refusedError } from './http.ts';
import { personColumn } from './person-mapping.ts';
import { contactContent, isRemoved } from './read-contact.ts';

/** Fields that identify a contact, besides our id. */
const IDENTITY = [['name'], ['email'], ['phone_number']];

type Step =
  | { readonly kind: 'create' }
  /** `seen`: what was already read of it, so that unchanged values are not written. */
  | { readonly kind: 'update'; readonly id: string; readonly seen?: Contact }
  | { readonly kind: 'done'; readonly result: SendResult };

/**
 * Enough for the longest sensible sequence: an update whose contact is gone and found elsewhere, then refusals for
 * e-mail and phone.
 */
const LONGEST_WAY = 6;

/**
 * Brings a contact to EMS's state. ChatWoot has no upsert: a contact named by our record is written directly; otherwise
 * it is found by identifier, e-mail or phone, or created. Values refused as taken are resolved with their holder.
 *
 * @param mayMatch whether an e-mail address or a phone number alone shows whose contact it is.
 */
export async function sendPerson(
  contacts: Contacts,
  request: SendRequest,
  mayMatch: () => Promise<boolean>,
): Promise<SendResult> {
  const { api, identity } = contacts;
  const { key, remoteId } = request;
  const place = () => placeOf(contacts, request, mayMatch);
  let step: Step = remoteId === null ? await place() : { kind: 'update', id: remoteId };
  let released: readonly Contested[] = [];
  for (let steps = 0; steps < LONGEST_WAY; steps += 1) {
    if (step.kind === 'done') return step.result;
    if (step.kind === 'update' && step.seen !== undefined && isUpToDate(step.seen, request, identity))
      return sent(step.seen);
    const body = { ...contactBody(request, identity), ...Object.fromEntries(released.map((field) => [field, null])) };
    const answer = step.kind === 'create' ? await api.createContact(body) : await api.updateContact(step.id, body);
    switch (answer.kind) {
      case 'answered': {
        const contact = await backInUse(contacts, confirmed(answer.value, request.key, identity));
        return released.length === 0 ? sent(contact) : { kind: 'released', remoteId: String(contact.id) };
      }
      case 'missing':
        // Deleted, or merged by an agent into a contact that now has our EMS id.
        step = await place();
        // Or merged into another person's contact: reading it shows that, and it is not changed.
        if (step.kind === 'done' && step.result.kind === 'blocked') throw lostMeanwhile(request);
        break;
      case 'refused': {
        const settled: Settled = await settle(contacts, request, { step, refused: answer.refused, place });
        step = settled.step;
        released = [...new Set([...released, ...settled.released])];
      }
    }
  }
  throw new SyncError('transient', `ChatWoot keeps changing around Person/${key}`, { code: 'unsettled' });
}

/** Finds the person's place: its own contact, one without an owner, or a new one. */
async function placeOf(contacts: Contacts, request: SendRequest, mayMatch: () => Promise<boolean>): Promise<Step> {
  const { identity } = contacts;
  const { key, content, remoteId } = request;
  const [first] = await findLike(contacts, key, content);
  if (first === undefined) return { kind: 'create' };
  const ownership = ownershipOf(identity, first, key);
  if (ownership === 'other-person') return { kind: 'done', result: blockedBy(identity, first) };
  if (ownership === 'free' && !(await mayMatch())) throw needsHuman(first, request);
  if (remoteId === null && first.by === 'identifier' && isAnothers(IDENTITY, request, contactContent(first.contact))) {
    return { kind: 'done', result: { kind: 'another', remoteId: String(first.contact.id) } };
  }
  if (isUpToDate(first.contact, request, identity)) return { kind: 'done', result: sent(first.contact) };
  // Its values may be an agent's, so they must be compared before they are overwritten. A contact marked as removed has
  // no owner.
  if (remoteId === null && !isRemoved(first.contact)) {
    return { kind: 'done', result: { kind: 'found', remoteId: String(first.contact.id) } };
  }
  return { kind: 'update', id: String(first.contact.id), seen: first.contact };
}

interface Settled {
  readonly step: Step;
  /** Values to release, so that another person can have them. */
  readonly released: readonly Contested[];
}

/** Decides what to do after a refusal, which names the attributes but not their holder. */
async function settle(
  contacts: Contacts,
  request: SendRequest,
  {
    step,
    refused,
    place,
  }: {
    readonly step: Exclude<Step, { kind: 'done' }>;
    readonly refused: Refused;
    readonly place: () => Promise<Step>;
  },
): Promise<Settled> {
  const { api, identity } = contacts;
  const others = (await findLike(contacts, request.key, request.content)).filter(
    ({ by, contact }) => refused.attributes.includes(by) && (step.kind === 'create' || String(contact.id) !== step.id),
  );
  const [first] = others;
  if (first === undefined) throw unexplained(refused, step, request);
  if (step.kind === 'create') return { step: await place(), released: [] };
  const at: Step = { kind: 'update', id: step.id };
  switch (ownershipOf(identity, first, request.key)) {
    case 'own':
      return { step: { kind: 'update', id: String(first.contact.id), seen: first.contact }, released: [] };
    case 'removed':
      // Its owner is no longer in EMS: move the address to its new owner; the history stays.
      await api.updateContact(String(first.contact.id), { ...mendedPhone(first.contact), [first.by]: null });
      return { step: at, released: [] };
    case 'other-person':
      if (!request.release) return { step: { kind: 'done', result: blockedBy(identity, first) }, released: [] };
      return { step: at, released: contestedAmong(others) };
    case 'free':
      if (request.release) return { step: at, released: contestedAmong(others) };
      throw new SyncError(
        'rejected',
        `ChatWoot's contact ${first.contact.id} has it, and is nobody's in EMS: merge it into contact ${step.id}`,
        { code: 'held-by-stranger', field: personColumn(first.by) },
      );
  }
}

/** Anybody may give any address or number at ChatWoot: only a human knows whether the contact is the person's. */
function needsHuman({ by, contact: { id } }: Candidate, { key }: SendRequest): SyncError {
  const said = `ChatWoot's contact ${id} has it, and may be anybody's: if it is this person's, npx ems-sync link CHATWOOT Person ${key} ${id}`;
  return new SyncError('rejected', said, { code: 'unproven-match', field: personColumn(by) });
}

const contestedAmong = (others: readonly Candidate[]) =>
  CONTESTED.filter((field) => others.some(({ by }) => by === field));

/** Refused, but no holder is found: the list lags, or ChatWoot rejects the value itself. */
function unexplained(refused: Refused, step: Step, { key }: SendRequest): SyncError {
  if (!refused.saysTaken)
    return refusedError(refused, step.kind === 'update' ? `PUT contacts/${step.id}` : 'POST contacts');
  const names = refused.attributes.join(', ');
  return new SyncError(
    'transient',
    `ChatWoot refused ${names} of Person/${key} as taken, and nobody is found with it`,
    {
      code: 'taken',
    },
  );
}

const lostMeanwhile = ({ key, remoteId }: SendRequest) =>
  new SyncError('transient', `ChatWoot lost contact ${remoteId} while Person/${key} was being sent`, {
    code: 'changed',
  });

/** @throws SyncError of class `contract` if the answer is about another contact. */
function confirmed(contact: Contact, key: EntityKey, identity: ContactIdentity): Contact {
  if (contact.identifier === identity.identifierOf(key)) return contact;
  throw new SyncError('contract', `ChatWoot answered Person/${key} with a contact of another identifier`, {
    code: 'contract',
    field: 'identifier',
  });
}

/** Clears the mark of a person who is in EMS again. */
async function backInUse({ api }: Contacts, contact: Contact): Promise<Contact> {
  if (!isRemoved(contact)) return contact;
  const id = String(contact.id);
  const answer = await api.updateContact(id, { custom_attributes: { ems_removed: null } });
  if (answer.kind === 'answered') return answer.value;
  throw new SyncError('transient', `ChatWoot changed contact ${id} while it was being sent`, { code: 'changed' });
}

function sent(contact: Contact): SendResult {
  return { kind: 'sent', remoteId: String(contact.id), remoteModifiedOn: null, stored: contactContent(contact) };
}
