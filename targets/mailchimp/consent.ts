import { canonicalText } from '../../sync/canonical-form.ts';
import type { EntityKey } from '../../sync/entity-type.ts';
import { formatInstant, parseInstant } from '../../sync/instant.ts';
import type { ConsentPage, ConsentSource, ContactConsent } from '../consent-source.ts';
import { member, type Member } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { refusalsOf } from './read-member.ts';

const PAGE_SIZE = 1_000;

/** Lists lag behind writes by seconds, and times are whole seconds. */
const OVERLAP_MS = 300_000;

const EMS_ID = /^[1-9]\d{0,18}$/;

/** Consent at Mailchimp: members by their last change; those that were archived are in a list of their own. */
export function mailchimpConsent(api: MailchimpApi): ConsentSource {
  return {
    overlapMs: OVERLAP_MS,
    scopes: ['members', 'archived'],
    list: async ({ scope, since, page }) => {
      const offset = Number(page ?? 0);
      const items = await api.memberPage({
        count: PAGE_SIZE,
        offset,
        sort_field: 'last_changed',
        sort_dir: 'ASC',
        ...(since === null ? {} : { since_last_changed: wholeSeconds(since) }),
        ...(scope === 'archived' ? { status: 'archived' } : {}),
      });
      return pageOf(items, items.length === PAGE_SIZE ? `${offset + PAGE_SIZE}` : null);
    },
    fetch: async (remoteId) => {
      const found = await api.member(remoteId);
      return found === null ? null : consentOf(found);
    },
  };
}

function pageOf(items: readonly unknown[], next: string | null): ConsentPage {
  const parsed = items.map((item) => member.safeParse(item));
  const contacts = parsed.flatMap(({ data }) => (data === undefined ? [] : [consentOf(data)]));
  const times = contacts.flatMap(({ modifiedOn }) => modifiedOn ?? []).toSorted();
  return { contacts, malformed: parsed.length - contacts.length, next, seenUpTo: times.at(-1) ?? null };
}

function consentOf(found: Member): ContactConsent {
  const time = canonicalText(found.last_changed);
  return {
    remoteId: found.id,
    emsKey: emsKeyIn(found.merge_fields?.['EMSID']),
    addresses: { email: found.email_address },
    refusals: refusalsOf(found),
    // The person's no and EMS's read alike: ours is the one that our last write left.
    ...(found.status === 'unsubscribed' ? { oursIfStored: ['status', 'unsubscribed'] as const } : {}),
    modifiedOn: time === null ? null : formatInstant(parseInstant(time)),
  };
}

function emsKeyIn(value: unknown): EntityKey | null {
  return typeof value === 'string' && EMS_ID.test(value) ? value : null;
}

const wholeSeconds = (instant: string) =>
  parseInstant(instant).toString({ fractionalSecondDigits: 0 }).replace('Z', '+00:00');
