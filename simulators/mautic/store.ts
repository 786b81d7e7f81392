import { CollectionStore } from '../kit/collection-store.ts';
import { folded } from './clean.ts';
import type { Contact, Field, FieldValue, Grant, Hook, MergeRecord, Segment, Tag } from './records.ts';
import { standardFields } from './standard-fields.ts';

/** The index key of a contact's identifier: `email ana@clube.example`. */
export const identifierKey = (alias: string, value: FieldValue): string => `${alias} ${folded(String(value))}`;

/** Mautic's storage: collections in memory, each change written through to a file. */
export class Store extends CollectionStore {
  readonly contacts = this.collection<Contact, 'value'>('contact', {
    value: ({ values }) => Object.entries(values).map(([alias, value]) => identifierKey(alias, value)),
  });
  readonly merges = this.collection<MergeRecord, 'into'>('merge', { into: ({ into }) => [String(into)] });
  readonly tags = this.collection<Tag, 'tag'>('tag', { tag: ({ tag }) => [folded(tag)] });
  readonly segments = this.collection<Segment, 'alias'>('segment', { alias: ({ alias }) => [alias] });
  readonly fields = this.collection<Field, 'alias'>('field', { alias: ({ alias }) => [alias] });
  readonly hooks = this.collection<Hook>('hook', {});
  readonly grants = this.collection<Grant, 'access' | 'refresh'>('grant', {
    access: ({ accessToken }) => [accessToken],
    refresh: ({ refreshToken }) => [refreshToken],
  });
  #lastDncId: number;

  /**
   * @param file a path, or ":memory:"
   * @param now milliseconds since 1970
   */
  constructor(file: string, now: () => number) {
    super(file, now);
    this.#seedFields();
    this.#lastDncId = this.contacts
      .all()
      .flatMap(({ doNotContact }) => doNotContact)
      .reduce((last, { id }) => Math.max(last, id), 0);
  }

  /** The next id of a do-not-contact record, counted over all contacts. */
  nextDncId(): number {
    this.#lastDncId += 1;
    return this.#lastDncId;
  }

  /** The contact with this id, or the one that it was merged into. */
  contactOf(id: number): Contact | undefined {
    const merged = this.merges.find(id);
    return this.contacts.find(id) ?? (merged === undefined ? undefined : this.contacts.find(merged.into));
  }

  override reset(): void {
    super.reset();
    this.#lastDncId = 0;
    this.#seedFields();
  }

  #seedFields(): void {
    if (this.fields.all().length > 0) return;
    for (const field of standardFields) this.fields.save({ ...field, id: this.fields.nextId() });
  }
}
