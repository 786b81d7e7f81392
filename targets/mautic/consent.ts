import { parseInstant, formatInstant } from '../../sync/instant.ts';
import type { ConsentPage, ConsentSource, ContactConsent } from '../consent-source.ts';
import { contact, type Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { addressesIn, emsKeyOf, refusalsOf } from './read-contact.ts';

const PAGE_SIZE = 200;

/** Lists may be behind, and pages of a moving list skip rows. */
const OVERLAP_MS = 300_000;

/**
 * Consent at Mautic. It is not known whether do-not-contact moves a contact's modified time, so beside what has changed (`changed`)
 * the contacts that have such a record (`do-not-contact`) are read from the beginning each time; webhooks bring both at once.
 */
export function mauticConsent(api: MauticApi): ConsentSource {
  return {
    overlapMs: OVERLAP_MS,
    scopes: ['changed', 'do-not-contact'],
    list: ({ scope, since, page }) => (scope === 'changed' ? changed(api, since, page) : refusing(api, page)),
    fetch: async (remoteId) => {
      const found = await api.contact(remoteId);
      return found === null ? null : consentOf(found);
    },
  };
}

/** Pages of those edited since, then of those added since: whoever was never edited has no modified time. */
async function changed(api: MauticApi, since: string | null, page: string | null): Promise<ConsentPage> {
  const [column, start] = placeIn(page);
  const at = since === null ? '1970-01-01 00:00:00' : mauticTime(since);
  const items = await api.contactPage([
    ['where[0][col]', column],
    ['where[0][expr]', 'gte'],
    ['where[0][val]', at],
    ['orderBy', column === 'dateModified' ? 'date_modified' : 'date_added'],
    ['orderByDir', 'asc'],
    ['limit', `${PAGE_SIZE}`],
    ['start', `${start}`],
  ]);
  const next =
    items.length === PAGE_SIZE ? `${column}:${start + PAGE_SIZE}` : column === 'dateModified' ? 'dateAdded:0' : null;
  return { ...read(items), next };
}

/** Whoever says no: all contacts, by id, for Mautic's own search for them is not documented for every version. */
async function refusing(api: MauticApi, page: string | null): Promise<ConsentPage> {
  const after = page ?? '0';
  const items = await api.contactPage([
    ['where[0][col]', 'id'],
    ['where[0][expr]', 'gt'],
    ['where[0][val]', after],
    ['orderBy', 'id'],
    ['orderByDir', 'asc'],
    ['limit', `${PAGE_SIZE}`],
  ]);
  const ids = items.flatMap((item) => contact.safeParse(item).data?.id ?? []).map(Number);
  const { contacts, malformed } = read(items);
  const next = items.length === PAGE_SIZE && ids.length > 0 ? `${Math.max(...ids)}` : null;
  return { contacts, malformed, next, seenUpTo: null };
}

function read(items: readonly unknown[]) {
  const parsed = items.map((item) => contact.safeParse(item));
  const contacts = parsed.flatMap(({ data }) => (data === undefined ? [] : [consentOf(data)]));
  const times = contacts.flatMap(({ modifiedOn }) => modifiedOn ?? []).toSorted();
  return { contacts, malformed: parsed.filter(({ success }) => !success).length, seenUpTo: times.at(-1) ?? null };
}

function consentOf(found: Contact): ContactConsent {
  const time = found.dateModified ?? found.dateAdded;
  return {
    remoteId: found.id,
    emsKey: emsKeyOf(found),
    addresses: addressesIn(found),
    refusals: refusalsOf(found),
    modifiedOn: time == null ? null : formatInstant(parseInstant(time)),
  };
}

function placeIn(page: string | null): readonly ['dateModified' | 'dateAdded', number] {
  const [column, start] = (page ?? 'dateModified:0').split(':');
  return [column === 'dateAdded' ? 'dateAdded' : 'dateModified', Number(start ?? 0)];
}

/** `Y-m-d H:i:s`, UTC: with a zone, Mautic answers 500. */
function mauticTime(instant: string): string {
  return parseInstant(instant).toString({ fractionalSecondDigits: 0 }).replace('T', ' ').replace('Z', '');
}
