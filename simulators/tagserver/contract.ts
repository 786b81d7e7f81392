import { readFileSync } from 'node:fs';
import { type ValidateFunction, Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { parse } from 'yaml';
import type { ResourceContent, ResourceType } from './resource-types.ts';

interface OpenApi {
  readonly info: { readonly version: string };
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly properties?: Record<string, unknown> }>>;
  };
}

const document: OpenApi = parse(readFileSync(new URL('tagserver-v1.openapi.yaml', import.meta.url), 'utf8'));

const ajv = new Ajv2020({ allErrors: true, strict: false });
formats.default(ajv);
ajv.addSchema({ ...document, $id: 'contract' });

export const contractVersion = document.info.version;

/** Compiles a schema that may refer to the contract's: `{ $ref: 'contract#/components/schemas/Tag' }`. */
export const compile = <Fits = unknown>(schema: object): ValidateFunction<Fits> => ajv.compile<Fits>(schema);

/** Compiles one of the contract's named schemas. */
export const schema = <Fits = unknown>(name: string): ValidateFunction<Fits> =>
  compile<Fits>({ $ref: `contract#/components/schemas/${name}` });

/** The contract's schema for the data of one type. */
export interface DataSchema {
  readonly fits: ValidateFunction<Partial<ResourceContent>>;
  /** In the contract's order. */
  readonly properties: readonly string[];
}

const dataSchema = (name: string): DataSchema => ({
  fits: schema(name),
  properties: Object.keys(document.components.schemas[name]?.properties ?? {}),
});

export const dataSchemas: Readonly<Record<ResourceType, DataSchema>> = {
  organisations: dataSchema('Organisation'),
  events: dataSchema('Event'),
  races: dataSchema('Race'),
  persons: dataSchema('Person'),
  'event-participants': dataSchema('EventParticipant'),
  'start-groups': dataSchema('StartGroup'),
  'start-group-participants': dataSchema('StartGroupParticipant'),
  tags: dataSchema('Tag'),
};
