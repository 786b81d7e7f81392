import type { ChatwootApi, Definition } from './api.ts';
import { fieldsAt } from '../field-declaration.ts';
import { conversationFields } from './conversation-mapping.ts';
import { refusedError } from './http.ts';
import { personFields } from './person-mapping.ts';
import { isCustomAttribute, type CustomAttribute } from './places.ts';

type LabelledDefinition = Definition & { readonly attribute_display_name: string };

/** A custom attribute that is not one of the mapping's fields. */
const REMOVED = { key: 'ems_removed', label: 'Removed from EMS' };

const DEFINITIONS: readonly LabelledDefinition[] = [
  ...[...fieldsAt(personFields, isCustomAttribute).map(([, place]) => place), REMOVED].map((place) =>
    definitionOf(place, 'contact_attribute'),
  ),
  ...fieldsAt(conversationFields, isCustomAttribute).map(([, place]) => definitionOf(place, 'conversation_attribute')),
];

function definitionOf(
  { key, label }: Pick<CustomAttribute, 'key' | 'label'>,
  attribute_model: Definition['attribute_model'],
): LabelledDefinition {
  return { attribute_key: key, attribute_display_name: label, attribute_model };
}

/**
 * Without a definition ChatWoot stores a custom attribute, but neither shows it to agents nor finds contacts by it.
 * Checked once per connection.
 */
export class AttributeDefinitions {
  readonly #api: ChatwootApi;
  #ensured: Promise<void> | undefined;

  constructor(api: ChatwootApi) {
    this.#api = api;
  }

  /** @throws SyncError if ChatWoot cannot be reached; the next call then checks again. */
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
      // Another worker may have created it first, which is fine.
      const now = await isDefined();
      if (!now(definition)) throw refusedError(answer.refused, 'POST custom_attribute_definitions');
    }
  }
}
