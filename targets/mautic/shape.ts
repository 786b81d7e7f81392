import { SyncError } from '../../sync/sync-error.ts';
import type { RemoteShape } from '../remote-system.ts';
import { TOPICS } from '../preferences.ts';
import type { Failure } from './answers.ts';
import type { MauticApi } from './api.ts';
import { ALIASES, CUSTOM_FIELDS, EMS_ID_FIELD } from './contact-fields.ts';
import { LONGEST } from './contact-values.ts';
import { isPublished, segmentOf } from './segments.ts';

/** How long a check is cached. */
const KNOWN_FOR_MS = 300_000;

/** Long enough for everything we send; otherwise a Mautic installed as 5.1 or later limits fields to 64 characters. */
const OWN_FIELDS = [{ ...EMS_ID_FIELD, isUniqueIdentifier: true }, ...CUSTOM_FIELDS].map((field) =>
  field.type === 'text' ? { ...field, charLengthLimit: LONGEST } : field,
);

/** Fields for which EMS may have longer values than a new Mautic accepts. */
const LONG_FIELDS = ['firstname', 'lastname', 'email', 'address1', 'city', 'state', 'zipcode'] as const;

const isTrue = (value: unknown) => value === true || value === 1 || value === '1';

/**
 * What our contacts need beyond a new Mautic: custom fields, and a segment per topic. Mautic silently ignores unknown
 * fields.
 */
export class MauticShape implements RemoteShape {
  readonly #api: MauticApi;
  #wholeUntil = 0;

  constructor(api: MauticApi) {
    this.#api = api;
  }

  /** Called before a write. @throws SyncError of class `target-down` if something is missing. */
  async ensure(): Promise<void> {
    if (performance.now() < this.#wholeUntil) return;
    const missing = await this.#absent();
    if (missing.length > 0) {
      throw new SyncError('target-down', `Mautic is not set up (${missing.join(', ')}): npx ems-sync check --fix`, {
        code: 'incomplete',
      });
    }
    this.#wholeUntil = performance.now() + KNOWN_FOR_MS;
  }

  async missing(): Promise<readonly string[]> {
    return [...(await this.#absent()), ...(await this.#unpublished())];
  }

  /**
   * Without these nothing can be written. An unpublished segment is not among them: it only blocks contacts that want
   * its topic.
   */
  async #absent(): Promise<readonly string[]> {
    const { fields, topics, known } = await this.#lacks();
    return [
      ...fields.map(({ alias }) => `field ${alias}${wrongWith(known.get(alias))}`),
      ...topics.map((topic) => `segment ${segmentOf(topic)}`),
    ];
  }

  async #unpublished(): Promise<readonly string[]> {
    const segments = await this.#api.segments();
    return TOPICS.map(segmentOf).flatMap((alias) => {
      const segment = segments.get(alias);
      if (segment === undefined || isPublished(segment)) return [];
      return [`segment ${alias} (there, but not published: publish it in Mautic)`];
    });
  }

  /** Character limits, as far as Mautic shows them, and defaults, which it writes into every blank field. */
  async advice({ probe }: { readonly probe: boolean }): Promise<readonly string[]> {
    const fields = await this.#api.fields();
    const told = LONG_FIELDS.flatMap((alias) => {
      const limit = Number(fields.find((field) => field.alias === alias)?.charLengthLimit ?? 0);
      return limit > 0 && limit < LONGEST ? [[alias, limit] as const] : [];
    });
    // Up to 5.1.1 Mautic does not show the limits. A contact with an invalid address and overlong values is refused
    // with all of them.
    const long = Object.fromEntries(LONG_FIELDS.map((alias) => [alias, 'x'.repeat(LONGEST)]));
    const probed = probe && told.length === 0 ? limitsIn(await this.#api.tryOut(long)) : {};
    const short = Object.entries({ ...Object.fromEntries(told), ...probed }).map(
      ([alias, limit]) =>
        `field ${alias} takes ${limit} characters: longer ones are parked until it is widened in Mautic`,
    );
    const ours = ALIASES.map(([, alias]) => alias);
    const defaulted = fields
      .filter(({ alias, defaultValue }) => ours.includes(alias) && defaultValue != null && defaultValue !== '')
      .map(
        ({ alias }) =>
          `field ${alias} has a default, which Mautic writes where EMS has nothing: take it away in Mautic`,
      );
    return [...short, ...defaulted];
  }

  async create(): Promise<readonly string[]> {
    const { fields, topics, known } = await this.#lacks();
    // An existing field that is not unique or not published is left to whoever configured it.
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
      fields: OWN_FIELDS.filter((wanted) => {
        const field = known.get(wanted.alias);
        if (field === undefined || !isTrue(field.isPublished)) return true;
        return 'isUniqueIdentifier' in wanted && !isTrue(field.isUniqueIdentifier);
      }),
      topics: TOPICS.filter((topic) => !segments.has(segmentOf(topic))),
    };
  }
}

/** The maximum length of each field whose value was refused as too long. */
function limitsIn(failures: readonly Failure[]): Record<string, number> {
  const limits = LONG_FIELDS.flatMap((alias) => {
    const said = failures.map(({ details }) => JSON.stringify(details?.[alias] ?? '')).join(' ');
    const [, limit] = /should have (\d+) character/.exec(said) ?? [];
    return limit === undefined ? [] : [[alias, Number(limit)] as const];
  });
  return Object.fromEntries(limits);
}

/** Why an existing field is unusable, and who can fix it. */
function wrongWith(field: { readonly isPublished?: unknown } | undefined): string {
  if (field === undefined) return '';
  return isTrue(field.isPublished)
    ? ' (there, but no unique identifier: make it one in Mautic)'
    : ' (there, but not published: publish it in Mautic)';
}
