import type { Content } from '../../sync/content-hash.ts';
import type { EntityType } from '../../sync/entity-type.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Released, ReleaseRequest } from '../remote-system.ts';
import type { Stored, TagServerApi, TagServerData } from './api.ts';
import { resource } from './resources.ts';

interface Giving {
  /** The field that must be unique within `scope`. */
  readonly unique?: { readonly field: string; readonly scope: string };
  /** The field with the runner to whom reads and starts are assigned. */
  readonly runner?: string;
  /** The fields that can be null. If another one must be released, the resource is deleted. */
  readonly nullable: readonly string[];
}

/** A participant's person and race cannot be null, and a participant with times cannot be deleted, so those stay. */
const GIVING: Partial<Record<EntityType, Giving>> = {
  EventParticipant: { unique: { field: 'bib', scope: 'raceId' }, nullable: ['bib'] },
  Tag: {
    unique: { field: 'code', scope: 'eventId' },
    runner: 'eventParticipantId',
    nullable: ['eventParticipantId'],
  },
  StartGroupParticipant: { runner: 'eventParticipantId', nullable: [] },
};

/**
 * Releases a code or bib that EMS has given to another row, and a runner who no longer belongs to this row: a chip must
 * not be timed for its former wearer. The resource's other values stay.
 */
export async function releaseValues(api: TagServerApi, request: ReleaseRequest): Promise<Released | null> {
  const { type, key, fencingToken } = request;
  const giving = GIVING[type];
  if (giving === undefined) return null;
  const name = resource(type);
  const stored = await api.get(name, key);
  if (stored === null) return null;
  const fields = contested(giving, request, stored);
  if (fields.length === 0) return null;
  if (!fields.every((field) => giving.nullable.includes(field))) {
    await request.willRelease(null);
    await api.delete(name, key, fencingToken);
    return { kind: 'record' };
  }
  const data = { ...stored.data, ...Object.fromEntries(fields.map((field) => [field, null])) } as TagServerData;
  await request.willRelease(data);
  const result = await api.put(name, key, data, { fencingToken, ifMatch: stored.etag });
  if (result.kind === 'written') return { kind: 'values' };
  throw new SyncError('transient', `TagServer refused ${type}/${key} without ${fields.join(', ')} (${result.kind})`, {
    code: result.kind,
  });
}

function contested({ unique, runner }: Giving, { content, wanted }: ReleaseRequest, { data }: Stored): string[] {
  const holds = (of: Content, field: string) => canonicalForm(of[field]) === data[field];
  const isGiven =
    unique !== undefined &&
    data[unique.field] !== null &&
    !(holds(content, unique.field) && holds(content, unique.scope)) &&
    wanted.some((other) => holds(other, unique.field) && holds(other, unique.scope));
  const isAnothers = runner !== undefined && data[runner] !== null && !holds(content, runner);
  return [...(isGiven ? [unique.field] : []), ...(isAnothers ? [runner] : [])];
}
