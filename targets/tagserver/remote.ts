import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import { isEntityKey, type EntityRef, type EntityType } from '../../sync/entity-type.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { IdentityGroups } from '../../sync/identity.ts';
import type { Removed, RemoteSystem, RemoveRequest, SendRequest, SendResult } from '../remote-system.ts';
import { TagServerApi, type PutResult, type TagServerData } from './api.ts';
import { isAnothers } from '../same-record.ts';
import { tagServerMappings } from './mapping.ts';
import { heldAtTagServer, isTagServerStatus } from './held.ts';
import { releaseValues } from './release-values.ts';
import { isExternalId, referredType } from './resource-mapping.ts';
import { resource } from './resources.ts';
import type { TagServerSettings } from './settings.ts';

/** The identifying fields of each type's resources. */
const IDENTITY: Partial<Record<EntityType, IdentityGroups>> = {
  Organisation: [['name']],
  Event: [['name'], ['startDate']],
  Person: [['givenName', 'familyName'], ['birthDate']],
  Race: [
    ['eventId', 'name'],
    ['eventId', 'startAt'],
    ['eventId', 'distanceMetres'],
  ],
  StartGroup: [
    ['raceId', 'name'],
    ['raceId', 'plannedStartAt'],
    ['raceId', 'sortOrder'],
  ],
  EventParticipant: [['eventId', 'personId']],
};

/** Usually one resource holds a unique value; the limit protects our records from a server that names thousands. */
const MOST_NAMED = 5;

/** TagServer uses the EMS id as its own (external id), so a create needs no look-up unless the id is taken. */
export function connectTagServer(settings: TagServerSettings): RemoteSystem {
  const api = new TagServerApi(settings);
  return {
    probe: () => api.probe(),
    assertCallable: () => api.assertCallable(),
    send: (request) => send(api, request),
    release: (request) => releaseValues(api, request),
    releasesUnasked: ['Tag', 'StartGroupParticipant'],
    remove: (request) => remove(api, request),
    refersTo: (content, { type, key }) => content[`${type[0]?.toLowerCase()}${type.slice(1)}Id`] === key,
    held: heldAtTagServer(api),
  };
}

async function remove(api: TagServerApi, request: RemoveRequest): Promise<Removed> {
  const { type, key, fencingToken } = request;
  const name = resource(type);
  try {
    if ((await api.delete(name, key, fencingToken)) === 'gone') return {};
  } catch (error) {
    if (error instanceof SyncError && error.errorClass === 'rejected' && (await wasNeverThere(api, request))) return {};
    throw error;
  }
  return { dependents: `TagServer keeps ${name}/${key} while others refer to it` };
}

/** Nothing was ever confirmed: TagServer cannot have such an id, or reports itself that it does not have it. */
async function wasNeverThere(api: TagServerApi, { type, key, remoteId }: RemoveRequest): Promise<boolean> {
  if (remoteId !== null) return false;
  return !isExternalId(key) || (await api.get(resource(type), key)) === null;
}

async function send(api: TagServerApi, request: SendRequest): Promise<SendResult> {
  const { type, key, fencingToken } = request;
  const { data, result } = await put(api, request, tagServerData(request.content));
  switch (result.kind) {
    case 'written':
      confirmStored(type, key, data, result.contentHash);
      return { kind: 'sent', remoteId: key, remoteModifiedOn: result.changedAt };
    case 'another':
      return { kind: 'another', remoteId: key };
    case 'precondition-failed':
      throw new SyncError('transient', `TagServer changed ${type}/${key} while it was being sent`, { code: 'changed' });
    case 'unknown-reference':
      return unknownReference(type, result.fields, data);
    case 'duplicate':
      if (request.release) return release(api, request, data, fencingToken);
      return heldBy(api, type, data, result.code);
  }
}

interface Put {
  readonly data: TagServerData;
  readonly result: PutResult | { readonly kind: 'another' };
}

/**
 * Creates a resource that our record does not know instead of overwriting it, and checks the owner of an existing one
 * first. `registered` must not undo a check-in: TagServer's status is kept in the same write.
 */
async function put(api: TagServerApi, request: SendRequest, data: TagServerData): Promise<Put> {
  const { type, key, remoteId, fencingToken } = request;
  const name = resource(type);
  const isNew = remoteId === null;
  const keepsStatus = type === 'EventParticipant' && data['status'] === 'registered';
  if (!keepsStatus) {
    const result = await api.put(name, key, data, { fencingToken, ...(isNew ? { ifNoneMatch: '*' } : {}) });
    if (result.kind !== 'precondition-failed') return { data, result };
  }
  const stored = await api.get(name, key);
  if (stored === null) return { data, result: await api.put(name, key, data, { fencingToken, ifNoneMatch: '*' }) };
  if (isNew && isAnothers(IDENTITY[type] ?? [], request, stored.data as Content)) {
    return { data, result: { kind: 'another' } };
  }
  if (!keepsStatus) return { data, result: await api.put(name, key, data, { fencingToken, ifMatch: stored.etag }) };
  const kept = stored.data['status'];
  const merged = isTagServerStatus(kept) ? { ...data, status: String(kept) } : data;
  return { data: merged, result: await api.put(name, key, merged, { fencingToken, ifMatch: stored.etag }) };
}

/** TagServer stores data verbatim and returns their hash; another hash means that it stored something else. */
function confirmStored(type: EntityType, key: string, data: TagServerData, contentHash: string): void {
  const sent = createHash('sha256')
    .update(canonicalize(data) ?? '')
    .digest('hex');
  if (contentHash === `sha256:${sent}`) return;
  throw new SyncError('contract', `TagServer stored ${type}/${key} otherwise than sent (contentHash)`, {
    code: 'contract',
    field: 'contentHash',
  });
}

/** Our records say that it exists, TagServer says that it does not: the missing one is sent again. */
function unknownReference(of: EntityType, fields: readonly string[], data: TagServerData): SendResult {
  const mapping = tagServerMappings.find(({ type }) => type === of);
  const by = fields.flatMap((field): EntityRef[] => {
    const type = mapping === undefined ? undefined : referredType(mapping, field);
    const key = data[field];
    return type === undefined || key === null || key === undefined ? [] : [{ type, key: String(key) }];
  });
  const field = fields.join(', ');
  return { kind: 'blocked', by, field, reason: 'refers to what TagServer does not have' };
}

/** The field that must be unique, and its scope. */
function uniqueValue(
  code: 'duplicate-bib' | 'duplicate-tag',
  data: TagServerData,
): { field: string; value: unknown; scope: Record<string, string> } {
  return code === 'duplicate-bib'
    ? { field: 'bib', value: data['bib'], scope: { raceId: String(data['raceId']) } }
    : { field: 'code', value: data['code'], scope: { eventId: String(data['eventId']) } };
}

async function heldBy(
  api: TagServerApi,
  type: EntityType,
  data: TagServerData,
  code: 'duplicate-bib' | 'duplicate-tag',
): Promise<SendResult> {
  const { field, value, scope } = uniqueValue(code, data);
  const holders = await api.findHolders(resource(type), scope, field, value);
  if (holders.length === 0) {
    throw new SyncError('transient', `TagServer refused ${field} as taken, and nobody holds it now`, {
      code: `409-${code}`,
    });
  }
  // Other clients of TagServer may name their resources freely, so such names are not reported.
  const ours = holders.filter(isEntityKey);
  const names = ours.slice(0, MOST_NAMED).map((key) => `${type}/${key}`);
  if (ours.length < holders.length) names.push('a resource that is not from EMS');
  return {
    kind: 'blocked',
    by: ours.slice(0, MOST_NAMED).map((key) => ({ type, key })),
    field,
    reason: `is held at TagServer by ${names.join(', ')}`,
    code: `409-${code}`,
  };
}

/**
 * A participant can temporarily lose its bib; a tag cannot exist without its code, so it is deleted and created again.
 */
async function release(
  api: TagServerApi,
  request: SendRequest,
  data: TagServerData,
  fencingToken: bigint,
): Promise<SendResult> {
  const { type, key } = request;
  if (type === 'EventParticipant') {
    const { result } = await put(api, request, { ...data, bib: null });
    if (result.kind === 'written') return { kind: 'released', remoteId: key };
    throw new SyncError('transient', `TagServer refused ${type}/${key} without its bib (${result.kind})`, {
      code: result.kind,
    });
  }
  await api.delete(resource(type), key, fencingToken);
  return { kind: 'released', remoteId: null };
}

/** Canonical values with every field spelt out: TagServer reads a missing one as null, and hashes it as null. */
function tagServerData(content: Content): TagServerData {
  return Object.fromEntries(
    Object.entries(content).map(([field, value]) => [field, canonicalForm(value) as string | number | null]),
  );
}
