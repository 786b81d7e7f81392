import { parseInstant, formatInstant } from '../../sync/instant.ts';
import { isEnough } from '../bounded-list.ts';
import type { ConsentPage, ConsentSource, ContactConsent } from '../consent-source.ts';
import { contact, type Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { placeIn, pageAfter, timeIn, type Column } from './changed-pages.ts';
import { addressesIn, doNotContact, emsKeyOf, refusalsOf } from './read-contact.ts';

const PAGE_SIZE = 200;

/**
 * Lists may lag, and pages of a changing list skip rows. The rest is for a clock that is set back by minutes: a refusal
 * dated before the cursor must still be listed.
 */
const OVERLAP_MS = 600_000;

/** The part of all contacts that each poll reads; a hundred thousand contacts take a hundred polls. */
const PAGES_IN_A_ROUND = 5;

/** The lists with a cursor, and the column each is sorted by. */
const LISTED_BY: Readonly<Partial<Record<string, Column>>> = { changed: 'dateModified', added: 'dateAdded' };

const COLUMNS: Readonly<Record<Column, string>> = { dateModified: 'date_modified', dateAdded: 'date_added' };

/**
 * Consent at Mautic. Lists: `changed` (edited since), `added` (added since; a contact that was never edited has no
 * modified time), and `all` (all contacts, a part in each poll). According to its code do-not-contact updates a
 * contact's modified time, but that is not certain for every version, nor for merges and bulk actions of staff.
 * Webhooks report all of it at once.
 */
export function mauticConsent(api: MauticApi): ConsentSource {
  // Restarts from the beginning after a restart of the worker; every contact still gets its turn.
  let reached = '0';
  return {
    mergesContacts: true,
    overlapMs: OVERLAP_MS,
    scopes: ['changed', 'added', 'all'],
    list: async ({ scope, since, page }) => {
      const column = LISTED_BY[scope];
      if (column !== undefined) return changed(api, column, since, page);
      const [after = '0', left = '1'] = (page ?? `${reached}:${PAGES_IN_A_ROUND}`).split(':');
      const { last, ...rest } = await byId(api, after);
      reached = last ?? '0';
      return { ...rest, next: last === null || left === '1' ? null : `${last}:${Number(left) - 1}` };
    },
    fetch: async (remoteId) => {
      const found = await api.contact(remoteId);
      return found === null ? null : consentOf(found);
    },
  };
}

async function changed(
  api: MauticApi,
  column: Column,
  since: string | null,
  page: string | null,
): Promise<ConsentPage> {
  const place = placeIn(column, page, since);
  const items = await api.contactPage([
    ['where[0][col]', place.column],
    ['where[0][expr]', 'gte'],
    ['where[0][val]', place.from],
    ['orderBy', COLUMNS[place.column]],
    ['orderByDir', 'asc'],
    ['limit', `${PAGE_SIZE}`],
    ['start', `${place.start}`],
  ]);
  const found = { ...read(items), seenUpTo: latestOf(items, column) };
  const next = pageAfter(place, items, PAGE_SIZE);
  const progress = { pages: place.pages + 1, since, seenUpTo: found.seenUpTo, overlapMs: OVERLAP_MS };
  return next !== null && isEnough(progress, 'Mautic') ? { ...found, next: null, isCut: true } : { ...found, next };
}

/** @returns with `last`, the highest id of a page that may be followed by another. */
async function byId(
  api: MauticApi,
  after: string,
): Promise<Omit<ConsentPage, 'next'> & { readonly last: string | null }> {
  const items = await api.contactPage([
    ['where[0][col]', 'id'],
    ['where[0][expr]', 'gt'],
    ['where[0][val]', after],
    ['orderBy', 'id'],
    ['orderByDir', 'asc'],
    ['limit', `${PAGE_SIZE}`],
  ]);
  const ids = items.flatMap((item) => contact.safeParse(item).data?.id ?? []).map(Number);
  const last = items.length === PAGE_SIZE && ids.length > 0 ? `${Math.max(...ids)}` : null;
  return { ...read(items), seenUpTo: null, last };
}

/** In the list's own times: a cursor must not move past what its list has shown. */
function latestOf(items: readonly unknown[], column: Column): string | null {
  const times = items.flatMap((item) => timeIn(item, column) ?? []).map((time) => formatInstant(parseInstant(time)));
  return times.toSorted().at(-1) ?? null;
}

function read(items: readonly unknown[]) {
  const parsed = items.map((item) => contact.safeParse(item));
  const contacts = parsed.flatMap(({ data }) => (data === undefined ? [] : [consentOf(data)]));
  return { contacts, malformed: parsed.filter(({ success }) => !success).length };
}

function consentOf(found: Contact): ContactConsent {
  const time = timeIn(found, 'dateModified') ?? timeIn(found, 'dateAdded');
  return {
    remoteId: found.id,
    emsKey: emsKeyOf(found),
    addresses: addressesIn(found),
    refusals: refusalsOf(found),
    own: doNotContact(found).flatMap(({ channel, isOurs }) => (isOurs ? [channel] : [])),
    modifiedOn: time === null ? null : formatInstant(parseInstant(time)),
  };
}
