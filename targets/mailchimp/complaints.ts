import { canonicalText } from '../../sync/canonical-form.ts';
import { formatInstant, parseInstant } from '../../sync/instant.ts';
import { SyncError } from '../../sync/sync-error.ts';
import type { ConsentPage, ContactConsent } from '../consent-source.ts';
import { abuseReport } from './answers.ts';
import type { MailchimpApi } from './api.ts';
import { isReached } from './read-member.ts';

const PAGE_SIZE = 1_000;

/** Reports of one audience. */
const MOST = 100_000;

/**
 * Spam complaints since a time. MailChimp unsubscribes these members itself, and the member does not show why. The list
 * has no defined order, so all of it is read; a member who is mailed again has signed up since.
 */
export async function complaints(api: MailchimpApi, since: string | null, page: string | null): Promise<ConsentPage> {
  const offset = Number(page ?? 0);
  if (offset > MOST) {
    throw new SyncError('contract', `MailChimp's pages of abuse reports do not end after ${MOST}`, { code: 'paging' });
  }
  const items = await api.abuseReports({ count: PAGE_SIZE, offset });
  const reports = items.flatMap((item) => abuseReport.safeParse(item).data ?? []);
  const contacts: ContactConsent[] = [];
  for (const { email_id: remoteId, email_address: email, date } of reports) {
    const modifiedOn = timeOf(date);
    if (modifiedOn !== null && since !== null && isBefore(modifiedOn, since)) continue;
    const member = await api.member(remoteId);
    if (member !== null && isReached(member)) continue;
    const refusals = [{ channel: 'email', reason: 'complained' }] as const;
    contacts.push({ remoteId, emsKey: null, addresses: { email }, refusals, modifiedOn, isReport: true });
  }
  return {
    contacts,
    malformed: items.length - reports.length,
    seenUpTo:
      contacts
        .flatMap(({ modifiedOn }) => modifiedOn ?? [])
        .toSorted()
        .at(-1) ?? null,
    next: items.length < PAGE_SIZE ? null : `${offset + items.length}`,
  };
}

const isBefore = (time: string, other: string) => Temporal.Instant.compare(parseInstant(time), parseInstant(other)) < 0;

function timeOf(date: string | null | undefined): string | null {
  const text = canonicalText(date);
  try {
    return text === null ? null : formatInstant(parseInstant(text));
  } catch {
    return null;
  }
}
