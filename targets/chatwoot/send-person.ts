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

/** What identifies a contact, beside our id. */
const IDENTITY = [['name'], ['email'], ['phone_number']];

type Step =
  | { readonly kind: 'create' }
  /** `seen`: what was read of it on the way, so that nothing is written that is there already. */
  | { readonly kind: 'update'; readonly id: string; readonly seen?: Contact }
  | { readonly kind: 'done'; readonly result: SendResult };

/** A refused update that found its contact elsewhere, then was refused for e-mail and for phone: enough for whatever is sane. */
const LONGEST_WAY = 6;

/**
 * Brings a contact to what EMS holds. ChatWoot has no upsert: a contact that our record names is written at once; else it is
 * looked for by EMS id, e-mail and phone, matched or created. Whatever is refused as taken is settled with its holder.
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
        // Deleted, or merged by an agent into a contact that has our EMS id now.
        step = await place(api, request);
        // Or into another person's: that is found out by looking at it, and nothing of that contact is touched.
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

/** Where the person belongs: its own contact, one that nobody's is, or a new one. */
async function place(api: ChatwootApi, request: SendRequest): Promise<Step> {
  const { key, content, remoteId } = request;
  const [first] = await findLike(api, key, content);
  if (first === undefined) return { kind: 'create' };
  if (ownershipOf(first, key) === 'other-person') return { kind: 'done', result: blockedBy(first) };
  if (remoteId === null && first.by === 'identifier' && isAnothers(IDENTITY, request, contactContent(first.contact))) {
    return { kind: 'done', result: { kind: 'another', remoteId: String(first.contact.id) } };
  }
  if (isUpToDate(first.contact, request)) return { kind: 'done', result: sent(first.contact) };
  // What it holds may be an agent's, and is not written over unseen; of somebody who has left it is nobody's any more.
  if (remoteId === null && !isRemoved(first.contact)) {
    return { kind: 'done', result: { kind: 'found', remoteId: String(first.contact.id) } };
  }
  return { kind: 'update', id: String(first.contact.id), seen: first.contact };
}

interface Settled {
  readonly step: Step;
  /** Values that are let go, so that another person can have them. */
  readonly released: readonly Contested[];
}

/** What follows from a refusal. It names attributes, but not who has them. */
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
      // Nobody's any more in EMS: the address goes to whom it belongs now, the history stays where it is.
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

/** Refused, and nobody is seen to have it: the list lags behind, or ChatWoot does not like the value itself. */
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

/** @throws SyncError of class `contract` if the answer is about somebody else. */
function confirmed(contact: Contact, { key }: SendRequest): Contact {
  if (contact.identifier === key) return contact;
  throw new SyncError('contract', `ChatWoot answered Person/${key} with a contact of another identifier`, {
    code: 'contract',
    field: 'identifier',
  });
}

/** A person who was taken out of EMS, and is in it again. */
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
