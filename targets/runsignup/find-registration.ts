import { SyncError } from '../../sync/sync-error.ts';
import { readValue } from '../answer.ts';
import { participant, removedParticipant, type Participant, type RemovedParticipant } from './answers.ts';
import type { RunSignupApi } from './api.ts';
import { RunSignupError } from './error-table.ts';
import { removedFeed } from './removed-feed.ts';

export type FoundRegistration =
  | { readonly kind: 'active'; readonly eventId: string; readonly participant: Participant }
  | { readonly kind: 'removed'; readonly eventId: string; readonly removed: RemovedParticipant };

export interface Sought {
  readonly raceId: string;
  readonly eventIds: readonly string[];
  readonly registrationId: string;
  /** Rows per page of the removed registrations. */
  readonly limit: number;
}

/**
 * Finds one registration, first among the active ones of some events, then among the removed ones. There is no call for
 * a single one: the page after the previous id starts with it.
 *
 * @returns null if RunSignup has no such registration, or not even the events.
 * @throws SyncError of class `contract` if it cannot be read.
 */
export async function findRegistration(
  api: RunSignupApi,
  { raceId, eventIds, registrationId, limit }: Sought,
): Promise<FoundRegistration | null> {
  try {
    return (
      (await findActive(api, raceId, eventIds, registrationId)) ??
      (await findRemoved(api, { raceId, eventIds, registrationId, limit }))
    );
  } catch (error) {
    if (error instanceof RunSignupError && error.isGone) return null;
    throw error;
  }
}

export async function findActive(
  api: RunSignupApi,
  raceId: string,
  eventIds: readonly string[],
  registrationId: string,
): Promise<Extract<FoundRegistration, { kind: 'active' }> | null> {
  const after = String(Number(registrationId) - 1);
  for (const { eventId, rows } of await api.participants(raceId, eventIds, { after, limit: 1 })) {
    const row = rows.find((candidate) => idOf(candidate) === registrationId);
    if (row === undefined) continue;
    const read = readValue(participant, row, { target: 'RunSignup', what: `GET registration ${registrationId}` });
    return { kind: 'active', eventId, participant: read };
  }
  return null;
}

async function findRemoved(
  api: RunSignupApi,
  { raceId, eventIds, registrationId, limit }: Sought,
): Promise<FoundRegistration | null> {
  for await (const { eventId, rows } of removedFeed(api, raceId, eventIds, { limit })) {
    const row = rows.find((candidate) => idOf(candidate) === registrationId);
    if (row === undefined) continue;
    const removed = readValue(removedParticipant, row, {
      target: 'RunSignup',
      what: `GET removed registration ${registrationId}`,
    });
    return { kind: 'removed', eventId, removed };
  }
  return null;
}

/** The id of an unparsed row; null if even that is invalid. */
export function idOf(row: unknown): string | null {
  const id = participant.pick({ registration_id: true }).safeParse(row);
  return id.success ? id.data.registration_id : null;
}

/** A registration that we are linked to but RunSignup does not know. */
export function unknownRegistration(registrationId: string): SyncError {
  return new SyncError('rejected', `RunSignup has no registration ${registrationId}: unlink it, or link another`, {
    code: 'gone',
  });
}
