import { SyncError } from '../../sync/sync-error.ts';
import type { RemoteShape } from '../remote-system.ts';
import { TOPICS } from '../preferences.ts';
import type { MauticApi } from './api.ts';
import { segmentOf } from './segments.ts';

/** So long, what was found is not asked again. */
const KNOWN_FOR_MS = 300_000;

const CUSTOM_FIELDS = [
  { alias: 'ems_person_id', label: 'EMS person id', type: 'text', isUniqueIdentifier: true },
  { alias: 'ems_birth_date', label: 'EMS date of birth', type: 'text' },
  { alias: 'ems_events', label: 'EMS events', type: 'textarea' },
] as const;

const isTrue = (value: unknown) => value === true || value === 1 || value === '1';

/** What our contacts need beyond a new Mautic: custom fields, and a segment for each topic. Unknown keys it ignores silently. */
export class MauticShape implements RemoteShape {
  readonly #api: MauticApi;
  #wholeUntil = 0;

  constructor(api: MauticApi) {
    this.#api = api;
  }

  /** Before something is written. @throws SyncError of class `target-down` if something is missing. */
  async ensure(): Promise<void> {
    if (performance.now() < this.#wholeUntil) return;
    const missing = await this.missing();
    if (missing.length > 0) {
      throw new SyncError('target-down', `Mautic is not set up (${missing.join(', ')}): npx ems-sync check --fix`, {
        code: 'incomplete',
      });
    }
    this.#wholeUntil = performance.now() + KNOWN_FOR_MS;
  }

  async missing(): Promise<readonly string[]> {
    const { fields, topics, known } = await this.#lacks();
    return [
      ...fields.map(({ alias }) => `field ${alias}${wrongWith(known.get(alias))}`),
      ...topics.map((topic) => `segment ${segmentOf(topic)}`),
    ];
  }

  async create(): Promise<readonly string[]> {
    const { fields, topics, known } = await this.#lacks();
    // One that is there and not unique, or not published, is for whoever made it so.
    const unknown = fields.filter(({ alias }) => !known.has(alias));
    for (const field of unknown) await this.#api.createField({ ...field, object: 'lead', isPublished: true });
    for (const topic of topics) await this.#api.createSegment(`EMS ${topic.toLowerCase()}`, segmentOf(topic));
    return [...unknown.map(({ alias }) => `field ${alias}`), ...topics.map((topic) => `segment ${segmentOf(topic)}`)];
  }

  async #lacks() {
    const [fields, segments] = await Promise.all([this.#api.fields(), this.#api.segments()]);
    const known = new Map(fields.map((field) => [field.alias, field]));
    return {
      known,
      fields: CUSTOM_FIELDS.filter((wanted) => {
        const field = known.get(wanted.alias);
        if (field === undefined || !isTrue(field.isPublished)) return true;
        return 'isUniqueIdentifier' in wanted && !isTrue(field.isUniqueIdentifier);
      }),
      topics: TOPICS.filter((topic) => !segments.has(segmentOf(topic))),
    };
  }
}

/** Why a field that is there is not good enough, and who can do what about it. */
function wrongWith(field: { readonly isPublished?: unknown } | undefined): string {
  if (field === undefined) return '';
  return isTrue(field.isPublished)
    ? ' (there, but no unique identifier: make it one in Mautic)'
    : ' (there, but not published: publish it in Mautic)';
}
