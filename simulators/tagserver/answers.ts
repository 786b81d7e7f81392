import type { AnswersOfRoute, Fit, VendorAnswers } from '../kit/answers.ts';
import { compile } from './contract.ts';

const contract = (name: string) => ({ $ref: `contract#/components/schemas/${name}` });

/** A schema of the contract, closed: only the properties that the contract names. */
const closed = (name: string) => ({ ...contract(name), unevaluatedProperties: false });

const closedObject = (properties: Readonly<Record<string, object>>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const fits = (schema: object): Fit => {
  const judge = compile(schema);
  return (body) =>
    judge(body)
      ? undefined
      : (judge.errors ?? []).map(({ instancePath, message = '' }) => `${instancePath} ${message}`).join('; ');
};

const written = fits(closed('WriteResult'));
const text = { type: 'string' };

const routes: Readonly<Record<string, AnswersOfRoute>> = {
  'GET /healthz': { 200: fits(closedObject({ status: { const: 'ok' }, version: text, time: contract('Instant') })) },
  'GET /changes': {
    200: fits(
      closedObject({
        items: { type: 'array', items: closed('Change') },
        nextCursor: text,
        hasMore: { type: 'boolean' },
      }),
    ),
  },
  'POST /batch': {
    200: fits(
      closedObject({
        failed: { type: 'integer', minimum: 0 },
        results: { type: 'array', items: closed('BatchResult') },
      }),
    ),
  },
  'GET /:type': {
    200: fits(
      closedObject({
        items: { type: 'array', items: { anyOf: [closed('Envelope'), closed('Tombstone')] } },
        nextCursor: { type: ['string', 'null'] },
      }),
    ),
  },
  'GET /:type/:externalId': { 200: fits(closed('Envelope')), 304: null, 410: fits(closed('Tombstone')) },
  'PUT /:type/:externalId': { 200: written, 201: written },
  'PATCH /:type/:externalId': { 200: written },
  'DELETE /:type/:externalId': { 204: null },
};

/** What the contract allows TagServer to answer. */
export const tagServerAnswers: VendorAnswers = { routes, refusals: fits(closed('Problem')) };
