import type { ConsentPolicy } from '../../sync/suppression.ts';
import { consentOf, type BulkCalls, type SendRequest, type SendResult } from '../remote-system.ts';
import type { BatchResult, ContactBody, MauticApi } from './api.ts';
import { confirm } from './confirm.ts';
import { addressOf, belongsToOther, takenByOther } from './find-place.ts';
import { fieldsBody, hasZeros, optedOut } from './contact-body.ts';
import { emsKeyOf, refusalsOf } from './read-contact.ts';
import { segmentIn, segmentOf, wantedTopics } from './segments.ts';
import { sendPerson } from './send-person.ts';

/** More are answered with a 500, and none is written. */
export const ITEMS_PER_CALL = 200;

/** Contacts that are new to us, or whose address stays: whatever may meet another person's contact goes alone. */
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

/** A no is looked after alone: what stands at a contact that is met must not be replaced by it. */
const refusesAny = (request: SendRequest) => optedOut(request).length + consentOf(request).suppressions.length > 0;

const isNew = ({ remoteId }: SendRequest) => remoteId === null;

const keepsAddress = (request: SendRequest) => consentOf(request).wasStored('email', request.content['email']);

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
  for (const [request, answer] of await writeAll(news, fieldsBody, (bodies) => api.createContacts(bodies)))
    answers.set(request, answer);
  for (const [request, answer] of await writeAll(known, bodyWithId, (bodies) => api.patchContacts(bodies)))
    answers.set(request, answer);
  const added = await addToSegments(api, answers);
  return Promise.all(requests.map((request) => resultOf(api, request, answers.get(request), { policy, added })));
}

/** Those whose contact is there under the id on our record, and carries their EMS id: Mautic would write to any other as well. */
async function recognised(api: MauticApi, requests: readonly SendRequest[]): Promise<readonly SendRequest[]> {
  const ids = requests.flatMap(({ remoteId }) => remoteId ?? []);
  const found = new Map((await api.contactsAmong('id', ids)).map((contact) => [contact.id, emsKeyOf(contact)]));
  return requests.filter(({ remoteId, key }) => remoteId !== null && found.get(remoteId) === key);
}

/** Those whose address and EMS id nobody else has: matched by one of them, that contact would be written over. */
async function unclaimed(api: MauticApi, requests: readonly SendRequest[]): Promise<readonly SendRequest[]> {
  const emails = requests.flatMap(({ content: { email } }) => (typeof email === 'string' ? [email] : []));
  const keys = requests.map(({ key }) => key);
  const [byAddress, byKey] = [await api.contactsAmong('email', emails), await api.contactsAmong('ems_person_id', keys)];
  const atAddress = Map.groupBy(byAddress, ({ fields }) => addressOf(fields.all['email']));
  const withKey = Map.groupBy(byKey, emsKeyOf);
  const verdicts = requests.map(async (request) => {
    if ((await consentOf(request).holderOfAddress()) !== null) return false;
    const { email } = request.content;
    const met = [
      ...(atAddress.get(typeof email === 'string' ? email : null) ?? []),
      ...(withKey.get(request.key) ?? []),
    ];
    for (const contact of met)
      if (belongsToOther(request, contact) !== null || (await takenByOther(request, contact)) !== null) return false;
    return true;
  });
  const isFree = await Promise.all(verdicts);
  return requests.filter((_, index) => isFree[index]);
}

const bodyWithId = (request: SendRequest) => ({ id: Number(request.remoteId), ...fieldsBody(request) });

/** Once more without the region those of whom Mautic has nothing else to say than that it is not in its list. */
async function writeAll(
  requests: readonly SendRequest[],
  bodyOf: (request: SendRequest) => ContactBody,
  call: (bodies: readonly ContactBody[]) => Promise<readonly BatchResult[]>,
): Promise<ReadonlyMap<SendRequest, BatchResult>> {
  const first = await call(requests.map(bodyOf));
  const answers = new Map(requests.flatMap((request, index) => resultAt(first, index, request)));
  const again = requests.filter((request) => refusesOnlyRegion(answers.get(request)));
  const second = await call(again.map((request) => ({ ...bodyOf(request), state: null })));
  for (const [request, answer] of again.flatMap((request, index) => resultAt(second, index, request)))
    answers.set(request, answer);
  return answers;
}

function resultAt(results: readonly BatchResult[], index: number, request: SendRequest) {
  const result = results[index];
  return result === undefined ? [] : [[request, result] as const];
}

function refusesOnlyRegion(answer: BatchResult | undefined): boolean {
  if (answer?.kind !== 'refused' || answer.failures.length === 0) return false;
  return answer.failures.every(({ details }) => Object.keys(details ?? {}).join() === 'state');
}

/** One call for each topic. @returns aliases by contact. */
async function addToSegments(
  api: MauticApi,
  answers: ReadonlyMap<SendRequest, BatchResult>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const byAlias = new Map<string, string[]>();
  for (const [request, answer] of answers) {
    if (answer.kind !== 'answered' || !answer.created || emsKeyOf(answer.value) !== request.key) continue;
    if (refusalsOf(answer.value).some(({ channel }) => channel === 'email')) continue;
    for (const topic of wantedTopics(request)) {
      const alias = segmentOf(topic);
      byAlias.set(alias, [...(byAlias.get(alias) ?? []), answer.value.id]);
    }
  }
  if (byAlias.size === 0) return new Map();
  const all = await api.segments();
  const added = new Map<string, string[]>();
  for (const [alias, ids] of byAlias) {
    await api.addToSegment(segmentIn(all, alias), ids);
    for (const id of ids) added.set(id, [...(added.get(id) ?? []), alias]);
  }
  return added;
}

/** What went wrong in the batch, or met somebody else's contact, is sent alone: its reason is told better there. */
async function resultOf(
  api: MauticApi,
  request: SendRequest,
  answer: BatchResult | undefined,
  { policy, added }: { readonly policy: ConsentPolicy; readonly added: ReadonlyMap<string, readonly string[]> },
): Promise<SendResult | Error> {
  try {
    if (answer?.kind !== 'answered' || emsKeyOf(answer.value) !== request.key)
      return await sendPerson(api, request, policy);
    const { value: contact, created: isNew } = answer;
    const elsewhere = request.remoteId !== null && contact.id !== request.remoteId;
    if (elsewhere || (await consentOf(request).holderOf(contact.id)) !== null)
      return await sendPerson(api, request, policy);
    return await confirm(api, request, contact, { isNew, policy, added: added.get(contact.id) ?? [] });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
