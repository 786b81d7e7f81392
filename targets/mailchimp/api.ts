import type { ConnectionServices } from '../sync-process.ts';
import {
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
  type Member,
} from './answers.ts';
import { MailchimpHttp, type Answer } from './http.ts';
import type { MailchimpSettings } from './settings.ts';

export type MemberBody = Readonly<Record<string, unknown>>;

/** What a list call made of its items. */
export interface ListBatchResult {
  readonly created: readonly Member[];
  readonly updated: readonly Member[];
  /** Addresses, in lower case, that it would not have. */
  readonly refused: readonly string[];
}

const SHOWN_TAGS = 50;
const PAGE = 1_000;

/** The calls of Mailchimp's API that we use, on one audience. */
export class MailchimpApi {
  readonly #http: MailchimpHttp;
  readonly #list: string;

  constructor(settings: MailchimpSettings, services: Pick<ConnectionServices, 'withConnection'>) {
    this.#http = new MailchimpHttp(settings, services);
    this.#list = `lists/${settings.MAILCHIMP_LIST_ID}`;
  }

  async probe(): Promise<void> {
    const searchParams = { fields: 'id' };
    await this.#http.get(anything, { method: 'GET', path: this.#list, what: 'GET lists', searchParams });
  }

  /** Null: unknown, or deleted for good. */
  async member(hash: string): Promise<Member | null> {
    const searchParams = { fields: MEMBER_FIELDS.join(',') };
    const answer = await this.#http.ask(member, {
      method: 'GET',
      path: this.#member(hash),
      what: 'GET members',
      searchParams,
    });
    return answer.kind === 'answered' ? answer.value : null;
  }

  /** Inserts with `status_if_new`, or merges into what is there. */
  putMember(hash: string, json: MemberBody): Promise<Answer<Member>> {
    const searchParams = { skip_merge_validation: true };
    return this.#http.ask(member, { method: 'PUT', path: this.#member(hash), what: 'PUT members', json, searchParams });
  }

  patchMember(hash: string, json: MemberBody): Promise<Answer<Member>> {
    const searchParams = { skip_merge_validation: true };
    return this.#http.ask(member, {
      method: 'PATCH',
      path: this.#member(hash),
      what: 'PATCH members',
      json,
      searchParams,
    });
  }

  /** @returns false: there was none, or it was archived already. */
  async archive(hash: string): Promise<boolean> {
    const answer = await this.#http.ask(anything, {
      method: 'DELETE',
      path: this.#member(hash),
      what: 'DELETE members',
    });
    return answer.kind === 'answered';
  }

  /** Never to be undone: the address cannot be imported again. @returns false: there was none. */
  async deleteForGood(hash: string): Promise<boolean> {
    const path = `${this.#member(hash)}/actions/delete-permanent`;
    const answer = await this.#http.ask(anything, {
      method: 'POST',
      path,
      what: 'POST members/actions/delete-permanent',
    });
    return answer.kind === 'answered';
  }

  /** All tags of a member, beyond those that it shows itself. */
  async tagsOf({ id, tags, tags_count }: Member): Promise<readonly string[]> {
    if ((tags_count ?? 0) <= SHOWN_TAGS) return (tags ?? []).map(({ name }) => name);
    const path = `${this.#member(id)}/tags`;
    const found = await this.#http.get(memberTags, {
      method: 'GET',
      path,
      what: 'GET members/tags',
      searchParams: { count: PAGE },
    });
    return found.tags.map(({ name }) => name);
  }

  async changeTags(
    hash: string,
    tags: readonly { readonly name: string; readonly status: 'active' | 'inactive' }[],
    isSyncing: boolean,
  ) {
    const path = `${this.#member(hash)}/tags`;
    const json = { tags, is_syncing: isSyncing };
    await this.#http.get(anything, { method: 'POST', path, what: 'POST members/tags', json });
  }

  /** At most 500. Statuses of members that are there already are not touched. */
  async putMembers(members: readonly MemberBody[]): Promise<ListBatchResult> {
    const searchParams = { skip_merge_validation: true };
    const json = { members, update_existing: true, sync_tags: false };
    const answer = await this.#http.get(listBatch, {
      method: 'POST',
      path: this.#list,
      what: 'POST lists',
      json,
      searchParams,
    });
    return {
      created: wellFormed(answer.new_members),
      updated: wellFormed(answer.updated_members),
      refused: answer.errors.flatMap(({ email_address }) => email_address?.trim().toLowerCase() ?? []),
    };
  }

  /** A page of members, each to be read by itself. */
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

const wellFormed = (items: readonly unknown[]): Member[] => items.flatMap((item) => member.safeParse(item).data ?? []);
