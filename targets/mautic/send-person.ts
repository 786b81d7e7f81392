import type { ConsentPolicy } from '../../sync/suppression.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { consentOf, type SendRequest, type SendResult } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { fieldsBody, hasZeros, optedOut } from './contact-body.ts';
import { confirm } from './confirm.ts';
import type { Answer } from './http.ts';
import { emsKeyOf } from './read-contact.ts';
import { refuseAt, wantedRefusals } from './refuse.ts';
import { invalid } from './refusal.ts';
import { writeZeros } from './write-zeros.ts';

/** Found elsewhere, refused once for the region, then once for the address: enough for whatever is sane. */
const LONGEST_WAY = 4;

/**
 * Brings a contact to what EMS holds. Opt-outs go first; whatever else is refused, they have been sent. Mautic has no
 * constraint on addresses: that nobody else writes for this one meanwhile, the engine's lock sees to.
 */
export async function sendPerson(api: MauticApi, request: SendRequest, policy: ConsentPolicy): Promise<SendResult> {
  const place =
    request.remoteId === null ? await findPlace(api, request) : { kind: 'contact' as const, id: request.remoteId };
  if (place.kind === 'blocked') return place.result;
  let id = place.kind === 'contact' ? place.id : null;
  let body = fieldsBody(request);
  if (id !== null) await refuseFirst(api, request, id);
  for (let steps = 0; steps < LONGEST_WAY; steps += 1) {
    const answer: Answer<Contact> = await (id === null
      ? api.createContact({ ...body, ...refusedBody(request) })
      : api.patchContact(id, body));
    switch (answer.kind) {
      case 'answered': {
        const contact = hasZeros(request) ? await writeZeros(api, request, answer.value) : answer.value;
        const taken = await takenByOther(request, contact);
        if (taken !== null) return taken;
        return confirm(api, request, contact, { isNew: id === null, policy });
      }
      case 'missing': {
        // Deleted there, or merged into another contact.
        const next = await findPlace(api, request);
        if (next.kind === 'blocked') return next.result;
        id = next.kind === 'contact' ? next.id : null;
        break;
      }
      case 'refused': {
        const { state: region, ...withoutRegion } = body;
        // Not in Mautic's list of that country: no reason to hold the rest back.
        if (names(answer, 'state') && region !== undefined) body = withoutRegion;
        else if (answer.status === 422 || names(answer, 'email')) return settleAddress(api, request, answer, id);
        else
          throw invalid(
            answer.failures,
            id === null ? 'POST contacts/new' : `PATCH contacts/${id}/edit`,
            answer.status,
          );
      }
    }
  }
  throw new SyncError('transient', `Mautic keeps changing around Person/${request.key}`, { code: 'unsettled' });
}

type Place =
  | { readonly kind: 'contact'; readonly id: string }
  | { readonly kind: 'new' }
  | { readonly kind: 'blocked'; readonly result: SendResult };

/** The contact with the person's EMS id, or with its address and nobody's; or none. */
async function findPlace(api: MauticApi, request: SendRequest): Promise<Place> {
  const { key, content } = request;
  const own = (await api.contactsWith('ems_person_id', key)).find((contact) => emsKeyOf(contact) === key);
  if (own !== undefined) return { kind: 'contact', id: own.id };
  const { email } = content;
  if (typeof email !== 'string') return { kind: 'new' };
  const [held] = await api.contactsWith('email', email);
  if (held === undefined) return { kind: 'new' };
  const blocked = await takenByOther(request, held);
  return blocked === null ? { kind: 'contact', id: held.id } : { kind: 'blocked', result: blocked };
}

/** Another person's record names this contact: that one has to be looked at first. */
async function takenByOther(request: SendRequest, { id }: Contact): Promise<SendResult | null> {
  const holder = await consentOf(request).holderOf(id);
  if (holder === null) return null;
  const reason = `is held at Mautic by Person/${holder} (contact ${id})`;
  return { kind: 'blocked', by: [{ type: 'Person', key: holder }], field: 'email', reason };
}

/** Before all else: a no must not wait for a name that Mautic does not like. */
async function refuseFirst(api: MauticApi, request: SendRequest, id: string): Promise<void> {
  const consent = consentOf(request);
  const optOuts = optedOut(request).filter((channel) => !consent.wasStored(`optedOut.${channel}`, true));
  const wanted = wantedRefusals(optOuts, consent.suppressions);
  if (wanted.length === 0) return;
  const contact = await api.contact(id);
  if (contact !== null) await refuseAt(api, contact, wanted);
}

/** With a contact that is nobody's yet, in one call. */
function refusedBody(request: SendRequest) {
  const wanted = wantedRefusals(optedOut(request), consentOf(request).suppressions);
  return wanted.length === 0 ? {} : { doNotContact: wanted };
}

const names = ({ failures }: Extract<Answer<Contact>, { kind: 'refused' }>, field: string) =>
  failures.some(({ details }) => Object.hasOwn(details ?? {}, field));

/** Another contact has the address. Who that is Mautic does not say. */
async function settleAddress(
  api: MauticApi,
  request: SendRequest,
  { failures, status }: Extract<Answer<Contact>, { kind: 'refused' }>,
  id: string | null,
): Promise<SendResult> {
  const { email } = request.content;
  const refused = invalid(failures, id === null ? 'POST contacts/new' : `PATCH contacts/${id}/edit`, status);
  const holders = typeof email === 'string' ? await api.contactsWith('email', email) : [];
  const other = holders.find((contact) => contact.id !== id);
  if (other === undefined || status !== 422) throw refused;
  const taken = await takenByOther(request, other);
  if (taken !== null) return request.giveWay ? letGo(api, request, id, taken) : taken;
  const where = id === null ? 'another one' : `contact ${id}`;
  throw new SyncError(
    'rejected',
    `${refused.message}: contact ${other.id} has it as well; merge it into ${where} in Mautic`,
    {
      code: 'must-be-unique',
      field: 'email',
    },
  );
}

/** The address goes to the person who waits for it; this one is sent in full afterwards. */
async function letGo(
  api: MauticApi,
  request: SendRequest,
  id: string | null,
  blocked: SendResult,
): Promise<SendResult> {
  if (id === null) return blocked;
  await api.patchContact(id, { email: null, ems_person_id: request.key });
  return { kind: 'gave-way', remoteId: id };
}
