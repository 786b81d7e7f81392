import { CollectionStore } from '../kit/collection-store.ts';
import { keyOf, subscriberHash } from './identity.ts';
import type {
  AbuseReport,
  Batch,
  Forgotten,
  Hook,
  Interest,
  InterestCategory,
  Member,
  MergeField,
  Permission,
  Tag,
} from './records.ts';
import { type Setup, fieldsOf } from './setup.ts';

/** Mailchimp's storage: collections in memory, each change written through to a file. */
export class Store extends CollectionStore {
  readonly members = this.collection<Member, 'hash' | 'contact'>('member', {
    hash: ({ email }) => [subscriberHash(email)],
    contact: ({ contactId }) => [contactId],
  });
  readonly forgotten = this.collection<Forgotten, 'hash'>('forgotten', { hash: ({ hash }) => [hash] });
  readonly abuseReports = this.collection<AbuseReport>('abuse-report', {});
  readonly tags = this.collection<Tag, 'name' | 'folded'>('tag', {
    name: ({ name }) => [name],
    folded: ({ name }) => [name.toLowerCase()],
  });
  readonly mergeFields = this.collection<MergeField, 'tag'>('merge-field', { tag: ({ tag }) => [tag] });
  readonly categories = this.collection<InterestCategory, 'key'>('category', { key: ({ key }) => [key] });
  readonly interests = this.collection<Interest, 'key' | 'category'>('interest', {
    key: ({ key }) => [key],
    category: ({ category }) => [category],
  });
  readonly permissions = this.collection<Permission, 'key'>('permission', { key: ({ key }) => [key] });
  readonly hooks = this.collection<Hook, 'key' | 'url'>('hook', { key: ({ key }) => [key], url: ({ url }) => [url] });
  readonly batches = this.collection<Batch, 'key'>('batch', { key: ({ key }) => [key] });
  readonly #setup: Setup;

  /**
   * @param file a path, or ":memory:"
   * @param now milliseconds since 1970
   * @param setup the list's initial state for a new file
   */
  constructor(file: string, now: () => number, setup: Setup) {
    super(file, now);
    this.#setup = setup;
    this.#seed();
  }

  addCategory(category: Pick<InterestCategory, 'title' | 'type'>): InterestCategory {
    const id = this.categories.nextId();
    return this.categories.save({ ...category, id, key: keyOf('category', id) });
  }

  addInterest(category: InterestCategory, name: string): Interest {
    const id = this.interests.nextId();
    return this.interests.save({ id, key: keyOf('interest', id), category: category.key, name });
  }

  /** Restores the initial state; ids start again. */
  override reset(): void {
    super.reset();
    this.#seed();
  }

  #seed(): void {
    if (this.mergeFields.all().length > 0) return;
    for (const field of fieldsOf(this.#setup)) {
      this.mergeFields.save({ ...field, id: this.mergeFields.nextId() });
    }
    for (const { title, interests } of this.#setup.interestCategories) {
      const category = this.addCategory({ title, type: 'checkboxes' });
      for (const name of interests) this.addInterest(category, name);
    }
    for (const text of this.#setup.marketingPermissions) {
      const id = this.permissions.nextId();
      this.permissions.save({ id, key: keyOf('permission', id), text });
    }
  }
}
