import { canonicalForm } from '../../sync/canonical-form.ts';
import type { Content } from '../../sync/content-hash.ts';
import { TOPICS } from '../preferences.ts';
import type { HeldRecords, HeldRequest } from '../remote-system.ts';
import type { Contact } from './answers.ts';
import type { MauticApi } from './api.ts';
import { isSameCountry, LEFT_OUT } from './choices.ts';
import { optedIn, optedOut } from './contact-body.ts';
import { defaulted, doNotContact, emsKeyOf, storedFields } from './read-contact.ts';
import { segmentOf } from './segments.ts';

type Wanted = Pick<HeldRequest, 'content'>;

/** A contact as far as EMS decides about it. */
export function heldAtMautic(api: MauticApi): HeldRecords {
  return {
    read: async ({ remoteId, content }) => {
      const contact = await api.contact(remoteId);
      if (contact === null) return null;
      const segments = await api.segmentsOf(contact.id);
      const held = {
        ...fieldsOf(contact, content),
        consent: consentOf(contact, { content }),
        topics: topicsOf(new Set(segments.keys()), content),
      };
      return { remoteId: contact.id, emsKey: emsKeyOf(contact), content: held };
    },
  };
}

/** Without values that Mautic's lists lack, and without defaults for what EMS leaves blank. */
function fieldsOf(contact: Contact, wanted: Content): Content {
  const stored = storedFields(contact);
  const blank = defaulted(contact).filter((name) => canonicalForm(wanted[name]) === null);
  return Object.fromEntries(
    Object.entries(stored).filter(
      ([name, value]) =>
        !LEFT_OUT.includes(name) &&
        !blank.includes(name) &&
        !(name === 'country' && isSameCountry(wanted[name], value)),
    ),
  );
}

/** A refusal stands whatever EMS says of the channel; only its own opt-out is set and taken back. */
function consentOf(contact: Contact, { content }: Wanted): Content[string] {
  const request = { content } as Parameters<typeof optedOut>[0];
  const records = doNotContact(contact);
  const wanted = canonicalForm(content['consent']);
  const held = typeof wanted === 'object' && wanted !== null && !Array.isArray(wanted) ? { ...wanted } : {};
  for (const channel of optedOut(request)) if (records.every((one) => one.channel !== channel)) held[channel] = null;
  for (const channel of optedIn(request))
    if (records.some((one) => one.channel === channel && one.isOurs)) held[channel] = 'out';
  return held;
}

/** Who was taken out of a segment at Mautic stays out, so that only surplus ones differ. */
function topicsOf(segments: ReadonlySet<string>, { topics }: Content): Content[string] {
  const wanted = canonicalForm(topics);
  const names = Array.isArray(wanted) ? wanted.map(String) : [];
  return new Set([...names, ...TOPICS.filter((topic) => segments.has(segmentOf(topic)))]);
}
