import { canonicalText } from '../../sync/canonical-form.ts';
import { formatInstant, parseInstant } from '../../sync/instant.ts';
import { isEnough } from '../bounded-list.ts';
import type { ConsentPage, ConsentSource, ContactConsent } from '../consent-source.ts';
import { member, type Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { complaints } from './complaints.ts';
import { nextPlace, placeIn } from './changed-pages.ts';
import { emsKeyOf, refusalsOf } from './read-member.ts';

const PAGE_SIZE = 1_000;

/**
 * Lists lag behind writes by seconds, and times are whole seconds. The rest is for a clock that is set back by minutes: a
 * refusal dated before the cursor must still be listed.
 */
const OVERLAP_MS = 600_000;

/** Consent at Mailchimp: members by their last change; archived members and complaints have their own lists. */
export function mailchimpConsent(api: MailchimpApi): ConsentSource {
  return {
    overlapMs: OVERLAP_MS,
    scopes: ['members', 'archived', 'complaints'],
    list: async ({ scope, since, page }) => {
      if (scope === 'complaints') return complaints(api, since, page);
      const place = placeIn(page, since);
      const items = await api.memberPage({
        count: PAGE_SIZE,
        offset: place.offset,
        sort_field: 'last_changed',
        sort_dir: 'ASC',
        ...(place.since === null ? {} : { since_last_changed: place.since }),
        ...(scope === 'archived' ? { status: 'archived' } : {}),
      });
      const { contacts, malformed, seenUpTo } = pageOf(items);
      const found = { contacts, malformed, seenUpTo };
      if (items.length < PAGE_SIZE) return { ...found, next: null };
      const progress = { pages: place.pages + 1, since, seenUpTo, overlapMs: OVERLAP_MS };
      if (isEnough(progress, 'MailChimp')) return { ...found, next: null, isCut: true };
      return { ...found, next: nextPlace(place, items.length, seenUpTo) };
    },
    fetch: async (remoteId) => {
      const found = await api.member(remoteId);
      return found === null ? null : consentOf(found);
    },
  };
}

function pageOf(items: readonly unknown[]): Omit<ConsentPage, 'next'> {
  const contacts = items.flatMap((item) => {
    const { data } = member.safeParse(item);
    return data === undefined ? [] : [consentOf(data)];
  });
  const times = contacts.flatMap(({ modifiedOn }) => modifiedOn ?? []).toSorted();
  return { contacts, malformed: items.length - contacts.length, seenUpTo: times.at(-1) ?? null };
}

function consentOf(found: Member): ContactConsent {
  return {
    remoteId: found.id,
    emsKey: emsKeyOf(found),
    addresses: { email: found.email_address },
    refusals: refusalsOf(found),
    // The person's and EMS's opt-out look the same: ours is the one that our last write stored.
    ...(found.status === 'unsubscribed' ? { oursIfStored: ['status', 'unsubscribed'] as const } : {}),
    modifiedOn: timeOf(found),
  };
}

/** A refusal counts even if the member's time cannot be read. */
function timeOf({ last_changed }: Member): string | null {
  const time = canonicalText(last_changed);
  try {
    return time === null ? null : formatInstant(parseInstant(time));
  } catch {
    return null;
  }
}
