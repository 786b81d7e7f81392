import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { GRPC, grpcFailure } from './grpc-code.ts';

/** `IndexedValueType` of Temporal's API. */
const INDEXED_VALUE_TYPES: Readonly<Record<(typeof SEARCH_ATTRIBUTES)[number]['type'], number>> = {
  KEYWORD: 2,
  KEYWORD_LIST: 7,
};

/** A new attribute takes a moment to reach every part of the server. */
const USABLE_WITHIN_MS = 30_000;

/** Attributes that exist with a type other than ours; the message names them and says what to do. */
export class SearchAttributeTypeError extends Error {
  override readonly name = 'SearchAttributeTypeError';
}

/**
 * The names of our search attributes that the namespace lacks.
 *
 * @throws SearchAttributeTypeError if one exists with another type.
 */
export async function missingSearchAttributes(client: Client): Promise<string[]> {
  const namespace = client.options.namespace;
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  const wrong = SEARCH_ATTRIBUTES.filter(({ name, type }) => {
    const present: number | undefined = customAttributes[name];
    return present !== undefined && present !== INDEXED_VALUE_TYPES[type];
  });
  if (wrong.length > 0) {
    const names = wrong.map(({ name, type }) => `${name} (must be ${type})`).join(', ');
    throw new SearchAttributeTypeError(
      `namespace ${namespace} has search attributes of another type: ${names}. Remove them there (temporal operator search-attribute remove) or use another namespace (TEMPORAL_NAMESPACE)`,
    );
  }
  return SEARCH_ATTRIBUTES.map(({ name }) => name).filter((name) => customAttributes[name] === undefined);
}

/**
 * Creates the missing search attributes and waits until they are usable. Idempotent.
 *
 * @returns the names of those created.
 * @throws SearchAttributeTypeError if one exists with another type.
 */
export async function ensureSearchAttributes(client: Client): Promise<string[]> {
  const missing = await missingSearchAttributes(client);
  if (missing.length === 0) return [];
  try {
    await client.connection.operatorService.addSearchAttributes({
      namespace: client.options.namespace,
      searchAttributes: Object.fromEntries(
        SEARCH_ATTRIBUTES.filter(({ name }) => missing.includes(name)).map(({ name, type }) => [
          name,
          INDEXED_VALUE_TYPES[type],
        ]),
      ),
    });
  } catch (error) {
    // Another program created it meanwhile.
    if (grpcFailure(error)?.code !== GRPC.ALREADY_EXISTS) throw error;
  }
  await waitUntilUsable(client);
  return missing;
}

async function waitUntilUsable(client: Client): Promise<void> {
  const query = SEARCH_ATTRIBUTES.map(({ name }) => `${name} = 'x'`).join(' AND ');
  const until = Date.now() + USABLE_WITHIN_MS;
  for (;;) {
    try {
      if ((await missingSearchAttributes(client)).length === 0) {
        await client.workflow.count(query);
        return;
      }
    } catch (error) {
      if (error instanceof SearchAttributeTypeError || Date.now() > until) throw error;
    }
    if (Date.now() > until)
      throw new Error('Temporal accepted the search attributes, but does not list them after 30 s');
    await sleep(200);
  }
}
