import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { TOPICS } from '../preferences.ts';
import { consentOf, type SendRequest } from '../remote-system.ts';
import type { MauticApi } from './api.ts';

const PREFIX = 'ems-';

/** `NEWSLETTER` → `ems-newsletter`. */
export const segmentOf = (topic: string) => `${PREFIX}${topic.toLowerCase()}`;

/** The topics that a contact shall be in the segments of. */
export function wantedTopics({ content }: SendRequest): string[] {
  const topics = canonicalForm(content['topics']);
  return Array.isArray(topics) ? topics.map(String) : [];
}

/** What is known of a contact's segments beforehand. */
export interface KnownSegments {
  /** The person wants no e-mail: nothing is added. */
  readonly refused: boolean;
  /** Just created, so that it is in none but those it was added to since. */
  readonly isNew: boolean;
  /** Aliases of segments that it was added to with others in one call. */
  readonly added?: readonly string[];
}

/** What is stored of each topic, beside all of them. */
export function topicFlags(topics: readonly string[]): Content {
  return Object.fromEntries(TOPICS.map((topic) => [flagOf(topic), topics.includes(topic)]));
}

const flagOf = (topic: string) => `topic.${topic}`;

/**
 * Brings the contact's segments to the topics that EMS holds; segments that are not EMS's are not touched. Who left one at
 * Mautic is not put back into it, until EMS has opted out of the topic and in again.
 *
 * @returns the topics that the contact has by EMS's will.
 */
export async function syncSegments(
  api: MauticApi,
  request: SendRequest,
  id: string,
  { refused, isNew, added = [] }: KnownSegments,
): Promise<readonly string[]> {
  const wanted = refused ? [] : wantedTopics(request);
  const isOurs = id === request.remoteId;
  const wasIn = (topic: string) => isOurs && consentOf(request).wasStored(flagOf(topic), true);
  if (isOurs && TOPICS.every((topic) => consentOf(request).wasStored(flagOf(topic), wanted.includes(topic))))
    return wanted;
  const held = isNew ? [] : [...(await api.segmentsOf(id))].filter(([alias]) => alias.startsWith(PREFIX));
  const aliases = wanted.map(segmentOf);
  for (const [alias, segment] of held) if (!aliases.includes(alias)) await api.removeFromSegment(segment, id);
  const missing = wanted
    .filter((topic) => !wasIn(topic))
    .map(segmentOf)
    .filter((alias) => !added.includes(alias) && held.every(([known]) => known !== alias));
  if (missing.length > 0) {
    const all = await api.segments();
    for (const alias of missing) await api.addToSegment(segmentIn(all, alias), [id]);
  }
  return wanted;
}

/** @throws SyncError of class `target-down` if Mautic has none of that alias. */
export function segmentIn(all: ReadonlyMap<string, string>, alias: string): string {
  const segment = all.get(alias);
  if (segment !== undefined) return segment;
  throw new SyncError('target-down', `Mautic lacks segment ${alias}: npx ems-sync check --fix`, { code: 'incomplete' });
}
