import { assertAbout } from '../assert-about.ts';
import { Paging } from '../paging.ts';
import type { ConnectionServices } from '../sync-process.ts';
import {
  abuseReports,
  anyMembers,
  anything,
  categories,
  category,
  interests,
  listBatch,
  MEMBER_FIELDS,
  member,
  memberTags,
  mergeFields,
  sender,
  type Member,
} from './answers.ts';
import { BATCH_MOST_BYTES, BATCH_TIMEOUT_MS, changedMeanwhile, MailchimpHttp, refused, type Answer } from './http.ts';
import type { MailchimpSettings } from './settings.ts';
import { subscriberHash } from './subscriber-hash.ts';

export type MemberBody = Readonly<Record<string, unknown>>;

export interface TagChange {
  readonly name: string;
  readonly status: 'active' | 'inactive';
}

/** The result of a list call. Items that Mailchimp refused are in neither list. */
export interface ListBatchResult {
  readonly created: readonly Member[];
  readonly updated: readonly Member[];
}

/** A member shows at most 50 of its tags. One that shows 50 may have more. */
const SHOWN_TAGS = 50;

/** How long a successful probe counts as proof that the audience exists. */
const SEEN_FOR_MS = 300_000;

const PAGE = 1_000;

/** Pages of 1,000 tags of one member. */
const MOST_TAG_PAGES = 20;

/** The calls of Mailchimp's API that we use, on one audience. */
export class MailchimpApi {
  readonly #settings: MailchimpSettings;
  readonly #services: Pick<ConnectionServices, 'withConnection'>;
  readonly #http: MailchimpHttp;
  readonly #list: string;
  /** Until then a 404 concerns a member, not the audience. */
  #seenUntil = 0;

  constructor(
    settings: MailchimpSettings,
    services: Pick<ConnectionServices, 'withConnection'>,
    http = new MailchimpHttp(settings, services),
  ) {
    this.#settings = settings;
    this.#services = services;
    this.#http = http;
    this.#list = `lists/${settings.MAILCHIMP_LIST_ID}`;
  }

  /** The same audience; `willCall` runs right before each call that changes something. */
  guardedBy(willCall: () => Promise<void>): MailchimpApi {
    return new MailchimpApi(this.#settings, this.#services, this.#http.guardedBy(willCall));
  }

  /** @throws SyncError of class `target-down` if no call would be made now. */
  assertCallable(): void {
    this.#http.assertCallable();
  }

  async probe(): Promise<void> {
    const searchParams = { fields: 'id' };
    await this.#http.get(anything, { method: 'GET', path: this.#list, what: 'GET lists', searchParams });
    this.#seenUntil = performance.now() + SEEN_FOR_MS;
  }

  /**
   * Null: unknown, or permanently deleted.
   *
   * @throws SyncError of class `target-down` if the audience does not exist.
   */
  async member(hash: string): Promise<Member | null> {
    const searchParams = { fields: MEMBER_FIELDS.join(',') };
    const path = this.#member(hash);
    const answer = await this.#http.find(member, { method: 'GET', path, what: 'GET members', searchParams });
    if (answer.kind === 'answered') return about(answer.value, hash, 'GET members');
    if (performance.now() >= this.#seenUntil) await this.probe();
    return null;
  }

  /** Inserts with `status_if_new`, or updates the existing member. */
  putMember(hash: string, json: MemberBody): Promise<Answer<Member>> {
    return this.#writeMember('PUT', hash, json);
  }

  patchMember(hash: string, json: MemberBody): Promise<Answer<Member>> {
    return this.#writeMember('PATCH', hash, json);
  }

  async #writeMember(method: 'PUT' | 'PATCH', hash: string, json: MemberBody): Promise<Answer<Member>> {
    const searchParams = { skip_merge_validation: true };
    const what = `${method} members`;
    const answer = await this.#http.ask(member, { method, path: this.#member(hash), what, json, searchParams });
    const { email_address: address } = json;
    // A changed address changes the id.
    const expected = typeof address === 'string' ? subscriberHash(address) : hash;
    if (answer.kind === 'answered') about(answer.value, expected, what);
    return answer;
  }

  /** Changes a member that was just read. @throws SyncError if Mailchimp refuses, or the member no longer exists. */
  async changeMember({ id }: Member, json: MemberBody): Promise<void> {
    const answer = await this.patchMember(id, json);
    if (answer.kind === 'refused') throw refused(answer.refusal, 'PATCH members');
    if (answer.kind === 'missing') throw changedMeanwhile();
  }

  /** @returns false if there was no member, or its status does not allow it: see `putAway`. */
  async archive(hash: string): Promise<boolean> {
    const path = this.#member(hash);
    return (await this.#http.find(anything, { method: 'DELETE', path, what: 'DELETE members' })).kind === 'answered';
  }

  /** Cannot be undone: the address can never be imported again. @returns false if there was no member. */
  async deleteForGood(hash: string): Promise<boolean> {
    const path = `${this.#member(hash)}/actions/delete-permanent`;
    const what = 'POST members/actions/delete-permanent';
    return (await this.#http.find(anything, { method: 'POST', path, what })).kind === 'answered';
  }

  /** The domain of the campaign sender's address; null if the audience does not show it. */
  async senderDomain(): Promise<string | null> {
    const searchParams = { fields: 'campaign_defaults.from_email' };
    const found = await this.#http.get(sender, { method: 'GET', path: this.#list, what: 'GET lists', searchParams });
    return /@([\w.-]+)$/.exec(found.campaign_defaults?.from_email ?? '')?.[1] ?? null;
  }

  /** All tags of a member, including those that the member itself does not show. */
  async tagsOf({ id, tags, tags_count }: Member): Promise<readonly string[]> {
    const shown = (tags ?? []).map(({ name }) => name);
    if ((tags_count ?? 0) <= shown.length && shown.length < SHOWN_TAGS) return shown;
    const path = `${this.#member(id)}/tags`;
    const paging = new Paging({ target: 'MailChimp', what: 'GET members/tags', mostPages: MOST_TAG_PAGES });
    const all: string[] = [];
    for (;;) {
      const searchParams = { count: PAGE, offset: all.length };
      const page = await this.#http.get(memberTags, { method: 'GET', path, what: 'GET members/tags', searchParams });
      const names = page.tags.map(({ name }) => name);
      all.push(...names);
      if (names.length < PAGE) return all;
      paging.note(names.join('\n'));
    }
  }

  async changeTags(hash: string, tags: readonly TagChange[], isSyncing: boolean): Promise<void> {
    const path = `${this.#member(hash)}/tags`;
    const json = { tags, is_syncing: isSyncing };
    await this.#http.get(anything, { method: 'POST', path, what: 'POST members/tags', json });
  }

  /** At most 500. Does not change the status of existing members. */
  async putMembers(members: readonly MemberBody[]): Promise<ListBatchResult> {
    const searchParams = { skip_merge_validation: true };
    const json = { members, update_existing: true, sync_tags: false };
    const answer = await this.#http.get(listBatch, {
      method: 'POST',
      path: this.#list,
      what: 'POST lists',
      json,
      searchParams,
      timeoutMs: BATCH_TIMEOUT_MS,
      mostBytes: BATCH_MOST_BYTES,
    });
    return { created: wellFormed(answer.new_members), updated: wellFormed(answer.updated_members) };
  }

  /** A page of members. The caller parses each separately, so that an invalid member does not affect the others. */
  async memberPage(searchParams: Readonly<Record<string, string | number>>): Promise<readonly unknown[]> {
    const fields = [...MEMBER_FIELDS.map((field) => `members.${field}`), 'total_items'].join(',');
    const path = `${this.#list}/members`;
    const found = await this.#http.get(anyMembers, {
      method: 'GET',
      path,
      what: 'GET members',
      searchParams: { ...searchParams, fields },
    });
    return found.members;
  }

  /** A page of abuse reports; the caller parses each separately. */
  async abuseReports(searchParams: Readonly<Record<string, number>>): Promise<readonly unknown[]> {
    const path = `${this.#list}/abuse-reports`;
    const what = 'GET abuse-reports';
    return (await this.#http.get(abuseReports, { method: 'GET', path, what, searchParams })).abuse_reports;
  }

  async mergeFields() {
    const path = `${this.#list}/merge-fields`;
    return (
      await this.#http.get(mergeFields, {
        method: 'GET',
        path,
        what: 'GET merge-fields',
        searchParams: { count: PAGE },
      })
    ).merge_fields;
  }

  async createMergeField(json: MemberBody): Promise<void> {
    await this.#http.get(anything, {
      method: 'POST',
      path: `${this.#list}/merge-fields`,
      what: 'POST merge-fields',
      json,
    });
  }

  async interestCategories() {
    const path = `${this.#list}/interest-categories`;
    return (
      await this.#http.get(categories, {
        method: 'GET',
        path,
        what: 'GET interest-categories',
        searchParams: { count: PAGE },
      })
    ).categories;
  }

  async createInterestCategory(title: string): Promise<string> {
    const path = `${this.#list}/interest-categories`;
    const json = { title, type: 'checkboxes' };
    return (await this.#http.get(category, { method: 'POST', path, what: 'POST interest-categories', json })).id;
  }

  async interestsOf(id: string) {
    const path = `${this.#list}/interest-categories/${id}/interests`;
    return (
      await this.#http.get(interests, { method: 'GET', path, what: 'GET interests', searchParams: { count: PAGE } })
    ).interests;
  }

  async createInterest(id: string, name: string): Promise<void> {
    const path = `${this.#list}/interest-categories/${id}/interests`;
    await this.#http.get(anything, { method: 'POST', path, what: 'POST interests', json: { name } });
  }

  readonly #member = (hash: string) => `${this.#list}/members/${hash}`;
}

function about(found: Member, asked: string, what: string): Member {
  assertAbout({ target: 'MailChimp', what }, { field: 'id', asked, answered: found.id });
  return found;
}

const wellFormed = (items: readonly unknown[]): Member[] => items.flatMap((item) => member.safeParse(item).data ?? []);
