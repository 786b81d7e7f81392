import type { Content } from '../../sync/content-hash.ts';
import { SyncError } from '../../sync/sync-error.ts';
import { TOPICS } from '../preferences.ts';
import type { RemoteShape } from '../remote-system.ts';
import type { MailchimpApi } from './api.ts';
import { probeStatusIfNew } from './probe-status-if-new.ts';
import { EMS_ID_FIELD, mergeFields, type MergeField } from './member-fields.ts';

/** How long a check is cached. */
const KNOWN_FOR_MS = 300_000;

/** The interest group that holds EMS's topics. */
const CATEGORY = 'EMS';

/** The EMS id first, because it identifies the member's owner. */
const MERGE_FIELDS: readonly MergeField[] = [EMS_ID_FIELD, ...mergeFields.map(([, field]) => field)];

const fits = ({ type, alsoFits = [] }: MergeField, found: string) => type === found || alsoFits.includes(found);

/** A US number in E.164. */
const AMERICAN = /^\+1[2-9]\d{9}$/;

/** The audience's configuration: interests by topic, and which phone numbers it accepts. */
export class Topics {
  readonly #ids: ReadonlyMap<string, string>;
  readonly #americanPhones: boolean;

  /** @param americanPhones the audience's phone field takes American numbers only */
  constructor(ids: ReadonlyMap<string, string>, americanPhones = false) {
    this.#ids = ids;
    this.#americanPhones = americanPhones;
  }

  /** The fields of this content that the audience cannot store. They are neither sent nor compared. */
  leftOut({ PHONE: phone }: Content): readonly string[] {
    return this.#americanPhones && typeof phone === 'string' && !AMERICAN.test(phone) ? ['PHONE'] : [];
  }

  /** All our topics, on or off. Other interests are left out and keep their value. */
  interests(wanted: readonly string[]): Readonly<Record<string, boolean>> {
    return Object.fromEntries(
      TOPICS.flatMap((topic) => {
        const id = this.#ids.get(topic);
        return id === undefined ? [] : [[id, wanted.includes(topic)]];
      }),
    );
  }

  /** The topics that have an interest. */
  known(wanted: readonly string[]): readonly string[] {
    return wanted.filter((topic) => this.#ids.has(topic));
  }

  /** The topics that are on in a member's interests. */
  topicsIn(interests: Readonly<Record<string, boolean>>): readonly string[] {
    return TOPICS.filter((topic) => interests[this.#ids.get(topic) ?? ''] === true);
  }
}

/**
 * What our members need beyond a new audience: interests, and merge fields, whose values it silently ignores if they
 * are missing.
 */
export class MailchimpShape implements RemoteShape {
  readonly #api: MailchimpApi;
  #known: { readonly topics: Promise<Topics>; readonly until: number } | null = null;

  constructor(api: MailchimpApi) {
    this.#api = api;
  }

  /** Called before a write. @throws SyncError of class `target-down` if something is missing. */
  async topics(): Promise<Topics> {
    if (this.#known === null || performance.now() >= this.#known.until) {
      this.#known = { topics: this.#complete(), until: performance.now() + KNOWN_FOR_MS };
    }
    try {
      return await this.#known.topics;
    } catch (error) {
      this.#known = null;
      throw error;
    }
  }

  /**
   * Called when a written value was not stored: its field may have been deleted. @throws SyncError of class
   * `target-down` if so.
   */
  async lookAgain(): Promise<void> {
    this.#known = null;
    await this.topics();
  }

  async missing(): Promise<readonly string[]> {
    return describe(await this.#look());
  }

  async create(): Promise<readonly string[]> {
    const { fields, topics, category } = await this.#look();
    for (const { tag, label, type } of fields)
      await this.#api.createMergeField({ tag, name: label, type, required: false });
    if (topics.length > 0) {
      const id = category ?? (await this.#api.createInterestCategory(CATEGORY));
      for (const topic of topics) await this.#api.createInterest(id, topic);
    }
    this.#known = null;
    return describe({ fields, topics, wrong: [] });
  }

  async advice({ probe }: { readonly probe: boolean }): Promise<readonly string[]> {
    return probe ? probeStatusIfNew(this.#api) : [];
  }

  async #complete(): Promise<Topics> {
    const found = await this.#look();
    const missing = describe(found);
    if (missing.length === 0) return new Topics(found.ids, found.americanPhones);
    throw new SyncError('target-down', `MailChimp's audience lacks ${missing.join(', ')}: npx ems-sync check --fix`, {
      code: 'incomplete',
    });
  }

  async #look() {
    const [known, categories] = await Promise.all([this.#api.mergeFields(), this.#api.interestCategories()]);
    const category = categories.find(({ title }) => title === CATEGORY)?.id ?? null;
    const interests = category === null ? [] : await this.#api.interestsOf(category);
    const ids = new Map(interests.map(({ id, name }) => [name.trim().toUpperCase(), id]));
    const types = new Map(known.map(({ tag, type }) => [tag, type ?? '']));
    return {
      category,
      ids,
      fields: MERGE_FIELDS.filter(({ tag }) => !types.has(tag)),
      wrong: MERGE_FIELDS.filter((field) => types.has(field.tag) && !fits(field, types.get(field.tag) ?? '')),
      topics: TOPICS.filter((topic) => !ids.has(topic)),
      americanPhones: known.some(
        ({ tag, type, options }) => tag === 'PHONE' && type === 'phone' && options?.phone_format === 'US',
      ),
    };
  }
}

interface Lacking {
  readonly fields: readonly MergeField[];
  /** Existing fields of a type that does not accept our values. */
  readonly wrong: readonly MergeField[];
  readonly topics: readonly string[];
}

function describe({ fields, wrong, topics }: Lacking): string[] {
  return [
    ...fields.map(({ tag }) => `merge field ${tag}`),
    ...wrong.map(({ tag, type }) => `merge field ${tag} of type ${type} (delete the one of another type)`),
    ...topics.map((topic) => `interest ${topic}`),
  ];
}
