import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { TOPICS } from '../preferences.ts';
import { consentOf, type SendRequest } from '../remote-system.ts';
import type { Segment } from './answers.ts';
import type { MauticApi } from './api.ts';

const PREFIX = 'ems-';

/** How soon to check again whether a segment has been published. */
const LOOKED_AT_AGAIN_MS = 300_000;

/** `NEWSLETTER` → `ems-newsletter`. */
export const segmentOf = (topic: string) => `${PREFIX}${topic.toLowerCase()}`;

/** The topics whose segments the contact belongs in. */
export function wantedTopics({ content }: SendRequest): string[] {
  const topics = canonicalForm(content['topics']);
  return Array.isArray(topics) ? topics.map(String) : [];
}

/** What is already known about a contact's segments. */
export interface KnownSegments {
  /** The person refuses e-mail, so nothing is added. */
  readonly refused: boolean;
  /** Just created, so it is only in segments to which it was added since. */
  readonly isNew: boolean;
  /** Aliases of segments to which it was added together with others in one call. */
  readonly added?: readonly string[];
  /** Aliases of segments that currently accept nobody, and why. */
  readonly unavailable?: ReadonlyMap<string, Error>;
}

/** The stored flag of each topic, beside the list of topics. */
export function topicFlags(topics: readonly string[]): Content {
  return Object.fromEntries(TOPICS.map((topic) => [flagOf(topic), topics.includes(topic)]));
}

const flagOf = (topic: string) => `topic.${topic}`;

/**
 * Brings the contact's segments to EMS's topics; other segments are left alone. A contact that was removed from one at
 * Mautic is not added again until EMS has opted out of the topic and in again.
 *
 * @returns the topics that EMS wants for the contact.
 */
export async function syncSegments(
  api: MauticApi,
  request: SendRequest,
  id: string,
  { refused, isNew, added = [], unavailable = new Map() }: KnownSegments,
): Promise<readonly string[]> {
  const wanted = refused ? [] : wantedTopics(request);
  const isOurs = id === request.remoteId;
  const wasIn = (topic: string) => isOurs && consentOf(request).wasStored(flagOf(topic), true);
  const isKnown = TOPICS.every((topic) => consentOf(request).wasStored(flagOf(topic), wanted.includes(topic)));
  // A request to send it again says that the target may hold something else: our records were restored from a backup.
  if (isOurs && isKnown && !request.release) return wanted;
  const held = isNew ? [] : [...(await api.segmentsOf(id))].filter(([alias]) => alias.startsWith(PREFIX));
  const aliases = wanted.map(segmentOf);
  for (const [alias, segment] of held) {
    if (aliases.includes(alias)) continue;
    // Recorded first: if the answer is lost, EMS can still put it back.
    const topic = TOPICS.find((one) => segmentOf(one) === alias);
    if (isOurs && topic !== undefined) await consentOf(request).willStore(flagOf(topic), false);
    await moving(api, alias, () => api.removeFromSegment(segment, id));
  }
  const missing = wanted
    .filter((topic) => !wasIn(topic))
    .map(segmentOf)
    .filter((alias) => !added.includes(alias) && held.every(([known]) => known !== alias));
  const closed = missing.flatMap((alias) => unavailable.get(alias) ?? [])[0];
  if (closed !== undefined) throw closed;
  if (missing.length > 0) {
    const all = await api.segments();
    for (const alias of missing) await moving(api, alias, () => api.addToSegment(segmentIn(all, alias), [id]));
  }
  return wanted;
}

/**
 * @returns its id.
 * @throws SyncError if Mautic has no segment with that alias, or does not let us change its members.
 */
export function segmentIn(all: ReadonlyMap<string, Segment>, alias: string): string {
  const segment = all.get(alias);
  if (segment === undefined)
    throw new SyncError('target-down', `Mautic lacks segment ${alias}: npx ems-sync check --fix`, {
      code: 'incomplete',
    });
  if (!isPublished(segment)) throw unpublished(alias);
  return segment.id;
}

export const isPublished = ({ isPublished: value }: Pick<Segment, 'isPublished'>) =>
  value === undefined || value === true || value === 1 || value === '1';

/** Mautic refuses to change the members of an unpublished segment with the same 403 as for missing permissions. */
async function moving(api: MauticApi, alias: string, call: () => Promise<void>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'http-403') throw error;
    const segment = (await api.segments()).get(alias);
    throw segment !== undefined && !isPublished(segment) ? unpublished(alias) : error;
  }
}

const unpublished = (alias: string) =>
  new SyncError(
    'transient',
    `Mautic's segment ${alias} is not published, so nobody gets in or out: publish it in Mautic`,
    {
      code: 'segment-unpublished',
      retryAfterMs: LOOKED_AT_AGAIN_MS,
    },
  );
