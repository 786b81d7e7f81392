import type { ChatwootApi, Definition } from './api.ts';
import { refusedError } from './http.ts';

const DEFINITIONS: readonly (Definition & { readonly attribute_display_name: string })[] = [
  { attribute_key: 'ems_events', attribute_display_name: 'Events', attribute_model: 'contact_attribute' },
  { attribute_key: 'ems_language', attribute_display_name: 'Language', attribute_model: 'contact_attribute' },
  { attribute_key: 'ems_club', attribute_display_name: 'Club', attribute_model: 'contact_attribute' },
  { attribute_key: 'ems_removed', attribute_display_name: 'Removed from EMS', attribute_model: 'contact_attribute' },
  {
    attribute_key: 'ems_conversation_id',
    attribute_display_name: 'EMS conversation',
    attribute_model: 'conversation_attribute',
  },
];

/**
 * Without a definition ChatWoot stores a custom attribute, but shows it to no agent and finds nothing by it. Looked up once
 * for each connection.
 */
export class AttributeDefinitions {
  readonly #api: ChatwootApi;
  #ensured: Promise<void> | undefined;

  constructor(api: ChatwootApi) {
    this.#api = api;
  }

  /** @throws SyncError if ChatWoot cannot be asked; the next call then asks again. */
  async ensure(): Promise<void> {
    this.#ensured ??= this.#define();
    try {
      await this.#ensured;
    } catch (error) {
      this.#ensured = undefined;
      throw error;
    }
  }

  async #define(): Promise<void> {
    const isDefined = async () => {
      const known = await this.#api.attributeDefinitions();
      return ({ attribute_key, attribute_model }: Definition) =>
        known.some((one) => one.attribute_key === attribute_key && one.attribute_model === attribute_model);
    };
    const before = await isDefined();
    for (const definition of DEFINITIONS.filter((one) => !before(one))) {
      const answer = await this.#api.defineAttribute(definition);
      if (answer.kind !== 'refused') continue;
      // Another worker was faster, which is as good.
      const now = await isDefined();
      if (!now(definition)) throw refusedError(answer.refused, 'POST custom_attribute_definitions');
    }
  }
}
