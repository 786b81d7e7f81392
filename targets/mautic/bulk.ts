import type { ConsentPolicy } from '../../sync/suppression.ts';
import { looksEqual } from '../../sync/looks-equal.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { consentOf, type BulkCalls, type SendRequest, type SendResult } from '../remote-system.ts';
import type { BatchResult, ContactBody, MauticApi } from './api.ts';
import { confirm } from './confirm.ts';
import { addressOf, belongsToOther, isFormerRows, takenByOther } from './find-place.ts';
import { fieldsBody, hasZeros, optedOut } from './contact-body.ts';
import { emsKeyOf, refusalsOf } from './read-contact.ts';
import { segmentIn, segmentOf, wantedTopics } from './segments.ts';
import { sendPerson } from './send-person.ts';

/** A larger call is answered with a 500, and nothing is written. */
export const ITEMS_PER_CALL = 200;

/** Contacts that are new to us or keep their address; those that may meet another person's contact are sent alone. */
export function bulkCalls(api: MauticApi, policy: ConsentPolicy, ensureShape: () => Promise<void>): BulkCalls {
  return {
    canGather: (request) =>
      !request.release && !hasZeros(request) && !refusesAny(request) && (isNew(request) || keepsAddress(request)),
    sendMany: async (requests) => {
      await ensureShape();
      return sendMany(api, requests, policy);
    },
  };
}

/** An opt-out is handled alone: it must not replace what an existing contact already has. */
const refusesAny = (request: SendRequest) => optedOut(request).length + consentOf(request).suppressions.length > 0;

const isNew = ({ remoteId }: SendRequest) => remoteId === null;

/** Sent alone otherwise: what refuses the former address has to be entered for that one, too. */
const keepsAddress = (request: SendRequest) =>
  (['email', 'mobile'] as const).every((field) => consentOf(request).wasStored(field, request.content[field]));

async function sendMany(
  api: MauticApi,
  requests: readonly SendRequest[],
  policy: ConsentPolicy,
): Promise<readonly (SendResult | Error)[]> {
  const [news, known] = await Promise.all([
    unclaimed(api, requests.filter(isNew)),
    recognised(
      api,
      requests.filter((request) => !isNew(request)),
    ),
  ]);
  const answers = new Map<SendRequest, BatchResult>();
  for (const [request, answer] of await writeAll(api, news, fieldsBody, (bodies) => api.createContacts(bodies)))
    answers.set(request, answer);
  for (const [request, answer] of await writeAll(api, known, bodyWithId, (bodies) => api.patchContacts(bodies)))
    answers.set(request, answer);
  const added = await addToSegments(api, answers);
  return Promise.all(requests.map((request) => resultOf(api, request, answers.get(request), { policy, added })));
}

/**
 * Requests whose contact has our record's id and contains their EMS id. Mautic would write to any other contact as
 * well.
 */
async function recognised(api: MauticApi, requests: readonly SendRequest[]): Promise<readonly SendRequest[]> {
  const ids = requests.flatMap(({ remoteId }) => remoteId ?? []);
  const found = new Map((await api.contactsAmong('id', ids)).map((contact) => [contact.id, emsKeyOf(contact)]));
  return requests.filter(({ remoteId, key }) => remoteId !== null && found.get(remoteId) === key);
}

/** Requests whose address and EMS id no other contact has; otherwise the matching contact would be overwritten. */
async function unclaimed(api: MauticApi, requests: readonly SendRequest[]): Promise<readonly SendRequest[]> {
  const emails = requests.flatMap(({ content: { email } }) => (typeof email === 'string' ? [email] : []));
  const keys = requests.map(({ key }) => key);
  const [byAddress, byKey] = [await api.contactsAmong('email', emails), await api.contactsAmong('ems_person_id', keys)];
  const atAddress = Map.groupBy(byAddress, ({ fields }) => addressOf(fields.all['email']));
  const withKey = Map.groupBy(byKey, emsKeyOf);
  const alike = byAddress.flatMap(({ fields }) => {
    const address = addressOf(fields.all['email']);
    return address === null || emails.includes(address) ? [] : [address];
  });
  const isKnown = alike.every((address) => emails.some((email) => looksEqual(email, address)));
  const verdicts = requests.map(async (request) => {
    if ((await consentOf(request).holderOfAddress()) !== null) return false;
    const { email } = request.content;
    // Mautic holds an address to be equal that is none of these: those who may be meant are sent alone.
    if (!isKnown || alike.some((address) => looksEqual(email, address))) return false;
    const met = [
      ...(atAddress.get(typeof email === 'string' ? email : null) ?? []),
      ...(withKey.get(request.key) ?? []),
    ];
    for (const contact of met)
      if (
        isFormerRows(request, contact) ||
        belongsToOther(request, contact) !== null ||
        (await takenByOther(request, contact)) !== null
      )
        return false;
    return true;
  });
  const isFree = await Promise.all(verdicts);
  return requests.filter((_, index) => isFree[index]);
}

const bodyWithId = (request: SendRequest) => ({ id: Number(request.remoteId), ...fieldsBody(request) });

/** Sends those again in another form for which Mautic only reports a value that is not in its list. */
async function writeAll(
  { choices }: MauticApi,
  requests: readonly SendRequest[],
  bodyOf: (request: SendRequest) => ContactBody,
  call: (bodies: readonly ContactBody[]) => Promise<readonly BatchResult[]>,
): Promise<ReadonlyMap<SendRequest, BatchResult>> {
  const bodies = new Map(requests.map((request) => [request, choices.fit(bodyOf(request))]));
  const answers = new Map<SendRequest, BatchResult>();
  let open = requests;
  for (let round = 0; round < ROUNDS && open.length > 0; round += 1) {
    const results = await call(open.map((request) => bodies.get(request) ?? {}));
    for (const [request, answer] of open.flatMap((one, index) => resultAt(results, index, one)))
      answers.set(request, answer);
    open = open.filter((request) => {
      const answer = answers.get(request);
      if (answer?.kind !== 'refused') return false;
      const other = choices.after(answer.failures, bodies.get(request) ?? {});
      if (other !== null) bodies.set(request, other);
      return other !== null;
    });
  }
  return answers;
}

/** The full locale, the language, none; the other fields have at most two forms. */
const ROUNDS = 3;

function resultAt(results: readonly BatchResult[], index: number, request: SendRequest) {
  const result = results[index];
  return result === undefined ? [] : [[request, result] as const];
}

/** The result of one call per topic. */
interface Added {
  /** Aliases by contact. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  /** Why a call failed, by alias: it affects only the contacts that want that topic. */
  readonly unavailable: ReadonlyMap<string, Error>;
}

async function addToSegments(api: MauticApi, answers: ReadonlyMap<SendRequest, BatchResult>): Promise<Added> {
  const byAlias = new Map<string, string[]>();
  for (const [request, answer] of answers) {
    if (answer.kind !== 'answered' || !answer.created || emsKeyOf(answer.value) !== request.key) continue;
    if (refusalsOf(answer.value).some(({ channel }) => channel === 'email')) continue;
    for (const topic of wantedTopics(request)) {
      const alias = segmentOf(topic);
      byAlias.set(alias, [...(byAlias.get(alias) ?? []), answer.value.id]);
    }
  }
  const aliases = new Map<string, string[]>();
  const unavailable = new Map<string, Error>();
  if (byAlias.size === 0) return { aliases, unavailable };
  const all = await api.segments();
  for (const [alias, ids] of byAlias) {
    try {
      await api.addToSegment(segmentIn(all, alias), ids);
      for (const id of ids) aliases.set(id, [...(aliases.get(id) ?? []), alias]);
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      unavailable.set(alias, error);
    }
  }
  return { aliases, unavailable };
}

/** An item that failed, or that met another person's contact, is sent alone, which gives a better reason. */
async function resultOf(
  api: MauticApi,
  request: SendRequest,
  answer: BatchResult | undefined,
  { policy, added }: { readonly policy: ConsentPolicy; readonly added: Added },
): Promise<SendResult | Error> {
  try {
    if (answer?.kind !== 'answered' || emsKeyOf(answer.value) !== request.key)
      return await sendPerson(api, request, policy);
    const { value: contact, created: isNew } = answer;
    const elsewhere = request.remoteId !== null && contact.id !== request.remoteId;
    if (elsewhere || (await consentOf(request).holderOf(contact.id)) !== null)
      return await sendPerson(api, request, policy);
    return await confirm(api, request, contact, {
      isNew,
      policy,
      added: added.aliases.get(contact.id) ?? [],
      unavailable: added.unavailable,
    });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
