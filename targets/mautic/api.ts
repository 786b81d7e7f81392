import type { Channel } from '../../sync/suppression.ts';
import {
  activity,
  anyContacts,
  anything,
  batch,
  contact,
  createdSegment,
  fieldList,
  oneContact,
  segments,
  type Contact,
  type Failure,
  type Segment,
} from './answers.ts';
import { Choices } from './choices.ts';
import { BATCH_TIMEOUT_MS, LIST_MOST_BYTES, MauticHttp, type Answer, type CallOptions } from './http.ts';
import { invalid } from './refusal.ts';
import type { MauticSettings } from './settings.ts';

/** Mautic's names and values; `null` blanks a field only if blanking is requested. */
export type ContactBody = Readonly<Record<string, unknown>>;

/** The result of one item of a batch. */
export type BatchResult =
  | { readonly kind: 'answered'; readonly value: Contact; readonly created: boolean }
  | { readonly kind: 'refused'; readonly status: number; readonly failures: readonly Failure[] };

/** The calls of Mautic's API that we use. */
export class MauticApi {
  readonly #http: MauticHttp;
  /** The values that this Mautic accepts for fields with a list. */
  readonly choices = new Choices();

  constructor(settings: MauticSettings) {
    this.#http = new MauticHttp(settings);
  }

  /** @throws SyncError of class `target-down` if no call would be made now. */
  assertCallable(): void {
    this.#http.assertCallable();
  }

  async probe(): Promise<void> {
    await this.#http.get('GET', 'contacts', anyContacts, {
      searchParams: [
        ['limit', '1'],
        ['minimal', '1'],
      ],
    });
  }

  /** Null if there is none with this id. */
  async contact(id: string): Promise<Contact | null> {
    const answer = await this.#http.ask('GET', `contacts/${id}`, oneContact);
    if (answer.kind === 'answered') return answer.value.contact;
    return null;
  }

  /** Updates the first contact with an equal unique value, or creates one. */
  createContact(body: ContactBody): Promise<Answer<Contact>> {
    return this.#contact('POST', 'contacts/new', body);
  }

  /** Absent fields keep their value, null ones are blanked. Zeros are dropped: see `writeZeros`. */
  patchContact(id: string, body: ContactBody): Promise<Answer<Contact>> {
    return this.#contact('PATCH', `contacts/${id}/edit`, { ...body, overwriteWithBlank: true });
  }

  /** Absent fields are blanked, and a missing contact is created under another id. The only call that keeps zeros. */
  putContact(id: string, body: ContactBody): Promise<Answer<Contact>> {
    return this.#contact('PUT', `contacts/${id}/edit`, body);
  }

  /** @returns false if there was none. */
  async deleteContact(id: string): Promise<boolean> {
    return (await this.#http.ask('DELETE', `contacts/${id}/delete`, anything)).kind === 'answered';
  }

  /** Contacts whose field has this value, as Mautic's database compares (ignoring case and accents), oldest first. */
  async contactsWith(field: 'email' | 'ems_person_id', value: string): Promise<readonly Contact[]> {
    const searchParams = [
      ['where[0][col]', field],
      ['where[0][expr]', 'eq'],
      ['where[0][val]', value],
      ['orderBy', 'id'],
      ['limit', '100'],
    ] as const;
    const { contacts } = await this.#http.get('GET', 'contacts', anyContacts, {
      searchParams,
      mostBytes: LIST_MOST_BYTES,
    });
    return contacts
      .flatMap((item) => contact.safeParse(item).data ?? [])
      .toSorted((one, other) => Number(one.id) - Number(other.id));
  }

  /**
   * Contacts that have one of these values in a field, in as few calls as the URL length allows. A merged contact no
   * longer has an id here.
   */
  async contactsAmong(field: 'id' | 'email' | 'ems_person_id', values: readonly string[]): Promise<readonly Contact[]> {
    const found: Contact[] = [];
    for (const some of chunksOf(values)) {
      const searchParams = [
        ['where[0][col]', field],
        ['where[0][expr]', 'in'],
        ['where[0][val]', some.join(',')],
        ['limit', '1000'],
      ] as const;
      const { contacts } = await this.#http.get('GET', 'contacts', anyContacts, {
        searchParams,
        timeoutMs: BATCH_TIMEOUT_MS,
        mostBytes: LIST_MOST_BYTES,
      });
      found.push(...contacts.flatMap((item) => contact.safeParse(item).data ?? []));
    }
    return found;
  }

  /** A page of contacts; the caller parses each separately. */
  async contactPage(searchParams: readonly (readonly [string, string])[]): Promise<readonly unknown[]> {
    return (await this.#http.get('GET', 'contacts', anyContacts, { searchParams, mostBytes: LIST_MOST_BYTES }))
      .contacts;
  }

  /** At most 200; contacts that match are updated. Returns a result for each, in order. */
  createContacts(bodies: readonly ContactBody[]): Promise<readonly BatchResult[]> {
    return this.#batch('POST', 'contacts/batch/new', bodies);
  }

  /** At most 200, each with its id. */
  patchContacts(bodies: readonly ContactBody[]): Promise<readonly BatchResult[]> {
    return this.#batch('PATCH', 'contacts/batch/edit', bodies);
  }

  async addDoNotContact(id: string, channel: Channel, reason: number, comments: string): Promise<void> {
    await this.#tell(`contacts/${id}/dnc/${channel}/add`, { json: { reason, comments } });
  }

  async removeDoNotContact(id: string, channel: Channel): Promise<void> {
    await this.#tell(`contacts/${id}/dnc/${channel}/remove`);
  }

  /** Whether an e-mail was ever sent to the contact, so that an unsubscription or a bounce may arrive at any time. */
  async wasMailed(id: string): Promise<boolean> {
    const searchParams = [
      ['filters[includeEvents][0]', 'email.sent'],
      ['limit', '1'],
    ] as const;
    const { events } = await this.#http.get('GET', `contacts/${id}/activity`, activity, { searchParams });
    return events.length > 0;
  }

  /** The ids of the contact's segments, by alias. */
  async segmentsOf(id: string): Promise<ReadonlyMap<string, string>> {
    return byAlias(await this.#http.get('GET', `contacts/${id}/segments`, segments));
  }

  /** All segments, by alias. */
  async segments(): Promise<ReadonlyMap<string, Segment>> {
    const { lists } = await this.#http.get('GET', 'segments', segments, { searchParams: [['limit', '1000']] });
    return new Map(Object.values(lists).flatMap((one) => (one.alias == null ? [] : [[one.alias, one] as const])));
  }

  /** Mautic's errors for a contact that it should refuse. If it accepts the contact, the contact is deleted again. */
  async tryOut(body: ContactBody): Promise<readonly Failure[]> {
    const answer = await this.createContact(body);
    if (answer.kind === 'answered' && answer.status === 201) await this.deleteContact(answer.value.id);
    return answer.kind === 'refused' ? answer.failures : [];
  }

  async createSegment(name: string, alias: string): Promise<void> {
    await this.#http.get('POST', 'segments/new', createdSegment, { json: { name, alias, isPublished: true } });
  }

  async addToSegment(segment: string, contacts: readonly string[]): Promise<void> {
    const json = { ids: contacts.map(Number) };
    await this.#http.get('POST', `segments/${segment}/contacts/add`, anything, { json });
  }

  async removeFromSegment(segment: string, id: string): Promise<void> {
    await this.#tell(`segments/${segment}/contact/${id}/remove`);
  }

  async fields() {
    return (await this.#http.get('GET', 'fields/contact', fieldList, { searchParams: [['limit', '1000']] })).fields;
  }

  async createField(field: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#http.get('POST', 'fields/contact/new', anything, { json: field });
  }

  /** A contact that was deleted meanwhile needs no call; the next write discovers that. */
  async #tell(path: string, options: CallOptions = {}): Promise<void> {
    const answer = await this.#http.ask('POST', path, anything, options);
    if (answer.kind === 'refused') throw invalid(answer.failures, `POST ${path}`, answer.status);
  }

  async #batch(
    method: 'POST' | 'PATCH',
    path: string,
    bodies: readonly ContactBody[],
  ): Promise<readonly BatchResult[]> {
    if (bodies.length === 0) return [];
    const json = bodies.map((body) => ({ ...body, overwriteWithBlank: true }));
    const { contacts, statusCodes, errors } = await this.#http.get(method, path, batch, {
      json,
      timeoutMs: BATCH_TIMEOUT_MS,
      mostBytes: LIST_MOST_BYTES,
    });
    return bodies.map((_, index): BatchResult => {
      const made = contact.safeParse(contacts[`${index}`]).data;
      const status = statusCodes?.[`${index}`] ?? 500;
      if (made !== undefined && status < 300) return { kind: 'answered', value: made, created: status === 201 };
      const failure = errors?.[`${index}`];
      return { kind: 'refused', status, failures: failure === undefined ? [] : [failure] };
    });
  }

  async #contact(method: 'POST' | 'PATCH' | 'PUT', path: string, json: ContactBody): Promise<Answer<Contact>> {
    const answer = await this.#http.ask(method, path, oneContact, { json });
    return answer.kind === 'answered' ? { ...answer, value: answer.value.contact } : answer;
  }
}

/** Web servers accept URLs of 8,000 characters. */
const LONGEST_LIST = 4_000;

function chunksOf(values: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const value of values) {
    const size = encodeURIComponent(`${value},`).length;
    if (length + size > LONGEST_LIST) {
      chunks.push([]);
      length = 0;
    }
    chunks.at(-1)?.push(value);
    length += size;
  }
  return chunks;
}

function byAlias({
  lists,
}: {
  readonly lists: Record<string, { readonly id: string; readonly alias?: string | null | undefined }>;
}) {
  return new Map(Object.values(lists).flatMap(({ id, alias }) => (alias == null ? [] : [[alias, id] as const])));
}
