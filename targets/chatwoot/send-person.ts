import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import { isAnothers } from '../same-record.ts';
import type { Contact, Refused } from './answers.ts';
import type { ChatwootApi } from './api.ts';
import { contactBody, isUpToDate, mendedPhone } from './contact-body.ts';
import { blockedBy, CONTESTED, findLike, ownershipOf, type Candidate, type Contested } from './find-contact.ts';
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
 * it is found by EMS id, e-mail or phone, or created. Values refused as taken are resolved with their holder.
 */
export async function sendPerson(api: ChatwootApi, request: SendRequest): Promise<SendResult> {
  const { key, remoteId } = request;
  let step: Step = remoteId === null ? await place(api, request) : { kind: 'update', id: remoteId };
  let released: readonly Contested[] = [];
  for (let steps = 0; steps < LONGEST_WAY; steps += 1) {
    if (step.kind === 'done') return step.result;
    if (step.kind === 'update' && step.seen !== undefined && isUpToDate(step.seen, request)) return sent(step.seen);
    const body = { ...contactBody(request), ...Object.fromEntries(released.map((field) => [field, null])) };
    const answer = step.kind === 'create' ? await api.createContact(body) : await api.updateContact(step.id, body);
    switch (answer.kind) {
      case 'answered': {
        const contact = await backInUse(api, confirmed(answer.value, request));
        return released.length === 0 ? sent(contact) : { kind: 'released', remoteId: String(contact.id) };
      }
      case 'missing':
        // Deleted, or merged by an agent into a contact that now has our EMS id.
        step = await place(api, request);
        // Or merged into another person's contact: reading it shows that, and it is not changed.
        if (step.kind === 'done' && step.result.kind === 'blocked') throw lostMeanwhile(request);
        break;
      case 'refused': {
        const settled: Settled = await settle(api, request, step, answer.refused);
        step = settled.step;
        released = [...new Set([...released, ...settled.released])];
      }
    }
  }
  throw new SyncError('transient', `ChatWoot keeps changing around Person/${key}`, { code: 'unsettled' });
}

/** Finds the person's place: its own contact, one without an owner, or a new one. */
async function place(api: ChatwootApi, request: SendRequest): Promise<Step> {
  const { key, content, remoteId } = request;
  const [first] = await findLike(api, key, content);
  if (first === undefined) return { kind: 'create' };
  if (ownershipOf(first, key) === 'other-person') return { kind: 'done', result: blockedBy(first) };
  if (remoteId === null && first.by === 'identifier' && isAnothers(IDENTITY, request, contactContent(first.contact))) {
    return { kind: 'done', result: { kind: 'another', remoteId: String(first.contact.id) } };
  }
  if (isUpToDate(first.contact, request)) return { kind: 'done', result: sent(first.contact) };
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
  api: ChatwootApi,
  request: SendRequest,
  step: Exclude<Step, { kind: 'done' }>,
  refused: Refused,
): Promise<Settled> {
  const others = (await findLike(api, request.key, request.content)).filter(
    ({ by, contact }) => refused.attributes.includes(by) && (step.kind === 'create' || String(contact.id) !== step.id),
  );
  const [first] = others;
  if (first === undefined) throw unexplained(refused, step, request);
  if (step.kind === 'create') return { step: await place(api, request), released: [] };
  const at: Step = { kind: 'update', id: step.id };
  switch (ownershipOf(first, request.key)) {
    case 'own':
      return { step: { kind: 'update', id: String(first.contact.id), seen: first.contact }, released: [] };
    case 'removed':
      // Its owner is no longer in EMS: move the address to its new owner; the history stays.
      await api.updateContact(String(first.contact.id), { ...mendedPhone(first.contact), [first.by]: null });
      return { step: at, released: [] };
    case 'other-person':
      if (!request.release) return { step: { kind: 'done', result: blockedBy(first) }, released: [] };
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
function confirmed(contact: Contact, { key }: SendRequest): Contact {
  if (contact.identifier === key) return contact;
  throw new SyncError('contract', `ChatWoot answered Person/${key} with a contact of another identifier`, {
    code: 'contract',
    field: 'identifier',
  });
}

/** Clears the mark of a person who is in EMS again. */
async function backInUse(api: ChatwootApi, contact: Contact): Promise<Contact> {
  if (!isRemoved(contact)) return contact;
  const id = String(contact.id);
  const answer = await api.updateContact(id, { custom_attributes: { ems_removed: null } });
  if (answer.kind === 'answered') return answer.value;
  throw new SyncError('transient', `ChatWoot changed contact ${id} while it was being sent`, { code: 'changed' });
}

function sent(contact: Contact): SendResult {
  return { kind: 'sent', remoteId: String(contact.id), remoteModifiedOn: null, stored: contactContent(contact) };
}
