import { SyncError } from '../../sync/sync-error.ts';
import type { SendRequest, SendResult } from '../remote-system.ts';
import type { Failure } from './answers.ts';
import type { MauticApi } from './api.ts';
import { addressesHeld, belongsToOther, takenByAlike, takenByOther, type Blocked } from './find-place.ts';
import { invalid } from './refusal.ts';

/**
 * Version 5 refused an address or EMS id because another contact has it. Mautic does not say which one.
 *
 * @throws SyncError of class `rejected`, naming the other contacts, if none belongs to a person of EMS.
 */
export async function settleAddress(
  api: MauticApi,
  request: SendRequest,
  { failures, status }: { readonly failures: readonly Failure[]; readonly status: number },
  id: string | null,
): Promise<SendResult> {
  const refused = invalid(failures, calledFor(id), status);
  const { same, alike } = await holdersOf(api, request, refused.field);
  const others = same.filter((contact) => contact.id !== id);
  const lookalikes = alike.filter((contact) => contact.id !== id);
  if (status !== 422 || others.length + lookalikes.length === 0) throw refused;
  for (const other of others) {
    const taken = (await takenByOther(request, other)) ?? belongsToOther(request, other);
    if (taken !== null) return request.release ? letGo(api, request, id, taken) : taken;
  }
  const taken = others.length === 0 ? await takenByAlike(request, lookalikes) : null;
  if (taken !== null) return taken.by.length > 0 && request.release ? letGo(api, request, id, taken) : taken;
  const named = others.map((contact) => contact.id).join(', ');
  const into = id === null ? 'one of them' : `contact ${id}`;
  throw new SyncError(
    'rejected',
    `${refused.message}: held by contact ${named} as well; merge into ${into} in Mautic`,
    {
      code: 'must-be-unique',
      field: refused.field ?? 'email',
    },
  );
}

export const calledFor = (id: string | null) => (id === null ? 'POST contacts/new' : `PATCH contacts/${id}/edit`);

async function holdersOf(api: MauticApi, request: SendRequest, field: string | undefined) {
  if (field !== 'ems_person_id') return addressesHeld(api, request);
  return { same: await api.contactsWith('ems_person_id', request.key), alike: [] };
}

/** Gives the address to the person who waits for it; this one is sent in full afterwards. */
export async function letGo(
  api: MauticApi,
  request: SendRequest,
  id: string | null,
  blocked: Blocked,
): Promise<SendResult> {
  if (id === null) return blocked;
  const answer = await api.patchContact(id, { email: null, ems_person_id: request.key });
  if (answer.kind === 'refused') throw invalid(answer.failures, calledFor(id), answer.status);
  return { kind: 'released', remoteId: answer.kind === 'missing' ? null : id };
}
