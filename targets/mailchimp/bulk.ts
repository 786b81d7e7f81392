import pLimit from 'p-limit';
import { consentOf, type BulkCalls, type SendRequest, type SendResult } from '../remote-system.ts';
import type { Member } from './answers.ts';
import type { ListBatchResult, MailchimpApi } from './api.ts';
import type { ArchivedMembers } from './archived-members.ts';
import { confirm } from './confirm.ts';
import { givePermission } from './email-permission.ts';
import { CONNECTIONS } from './http.ts';
import { addressIn, memberBody, wantedStatus, wantedTags } from './member-body.ts';
import { isReached } from './read-member.ts';
import { sendPerson, type Audience } from './send-person.ts';
import { subscriberHash } from './subscriber-hash.ts';

/** Larger calls are refused. */
export const ITEMS_PER_CALL = 500;

const NOBODY: ListBatchResult = { created: [], updated: [] };

/** Members that are new to us or keep their address; changes of consent or address are sent alone. */
export function bulkCalls(
  api: MailchimpApi,
  audience: () => Promise<Audience>,
  archivedMembers: ArchivedMembers,
): BulkCalls {
  /** Looked up before the page was begun. */
  const free = new WeakMap<SendRequest, boolean>();
  return {
    canGather: (request) => {
      const { suppressions, wasStored } = bound(request);
      if (request.release || suppressions.length > 0 || wantedStatus(request.content) !== 'subscribed') return false;
      if (isNew(request)) return !wasStored('status', 'unsubscribed');
      const stays = request.remoteId === subscriberHash(addressIn(request.content));
      return stays && (wasStored('status', 'subscribed') || wasStored('status', 'pending'));
    },
    sendMany: async (requests) => {
      const free = await Promise.all(requests.map(isFree));
      const results = await sendTogether(api, requests, {
        free,
        audience: await audience(),
        archived: await archivedMembers.upToNow(),
      });
      // Some need their own calls; limit these to the number of connections, so that none waits too long for one.
      const alone = async (request: SendRequest) => sendPerson(api, request, await audience()).catch(asError);
      return pLimit(CONNECTIONS).map(requests, (request, index) => results[index] ?? alone(request));
    },
    sendPage: async (requests, willCall) => {
      const [freed, ready, archived] = await Promise.all([
        Promise.all(requests.map(async (request) => free.get(request) ?? isFree(request))),
        audience(),
        archivedMembers.upToNow(),
      ]);
      return sendTogether(api.guardedBy(willCall), requests, { free: freed, audience: ready, archived });
    },
    getReady: () => void audience().catch(() => undefined),
    idsToMake: (requests) =>
      Promise.all(
        requests.map(async (request) => {
          const isOurs = await isFree(request);
          free.set(request, isOurs);
          return isOurs && isNew(request) ? subscriberHash(addressIn(request.content)) : null;
        }),
      ),
  };
}

/** Mailchimp is not known to have it. An unconfirmed create goes on as one if the address is still the same. */
const isNew = ({ remoteId, isUnconfirmed, content }: SendRequest) =>
  remoteId === null || (isUnconfirmed === true && remoteId === subscriberHash(addressIn(content)));

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));

function bound(request: SendRequest) {
  const consent = consentOf(request);
  return {
    suppressions: consent.suppressions,
    wasStored: (field: string, value: string) => consent.wasStored(field, value),
  };
}

/** One list call for all, then what each needs after it. @returns null for those that must be sent alone. */
async function sendTogether(
  api: MailchimpApi,
  requests: readonly SendRequest[],
  {
    free,
    audience,
    archived,
  }: {
    /** Of each request, whether it is free. */
    readonly free: readonly boolean[];
    readonly audience: Audience;
    readonly archived: ReadonlySet<string>;
  },
): Promise<readonly (SendResult | Error | null)[]> {
  // Two items with one address in a call are refused: the first goes, the others are sent alone and find what it
  // created.
  const byHash = new Map<string, SendRequest>();
  for (const [index, request] of requests.entries()) {
    const hash = subscriberHash(addressIn(request.content));
    if (free[index] === true && !archived.has(hash) && !byHash.has(hash)) byHash.set(hash, request);
  }
  const bodies = [...byHash.values()].map((request) => ({
    ...memberBody(request, audience.topics),
    status_if_new: 'subscribed',
    // On an existing member, tags in this call would start automations; those tags are sent by a separate call that
    // does not.
    ...(isNew(request) ? { tags: wantedTags(request.content) } : {}),
  }));
  const makes = [...byHash].filter(([, request]) => isNew(request));
  await Promise.all(makes.map(([hash, request]) => consentOf(request).willHold(hash)));
  // An empty list may be refused, which would refuse every request with it.
  const { created, updated } = bodies.length === 0 ? NOBODY : await api.putMembers(bodies);
  const answered = new Map([...created, ...updated].map((member) => [member.id, member]));
  const createdIds = new Set(created.map(({ id }) => id));
  // The tags of some need calls of their own.
  return pLimit(CONNECTIONS).map(requests, async (request) => {
    const hash = subscriberHash(addressIn(request.content));
    const member = byHash.get(hash) === request ? answered.get(hash) : undefined;
    return resultOf(api, request, member, { ...audience, isCreated: createdIds.has(hash) });
  });
}

/** No other record names the member or was last known to have its address, and it is not being rekeyed. */
async function isFree(request: SendRequest): Promise<boolean> {
  const consent = consentOf(request);
  if (!isNew(request)) return (await consent.rekeyingTo()) === null;
  return (
    (await consent.holderOfAddress()) === null &&
    (await consent.holderOf(subscriberHash(addressIn(request.content)))) === null
  );
}

/** An item that the call refused or did not reach is sent alone, which gives a better reason. */
async function resultOf(
  api: MailchimpApi,
  request: SendRequest,
  member: Member | undefined,
  { isCreated, ...audience }: Audience & { readonly isCreated: boolean },
): Promise<SendResult | Error | null> {
  if (member === undefined || !isReached(member)) return null;
  try {
    if (isCreated) await givePermission(api, member);
    return await confirm(api, request, member, { ...audience, isBulk: true });
  } catch (error) {
    return asError(error);
  }
}
