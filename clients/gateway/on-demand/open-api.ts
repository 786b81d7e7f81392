import { z } from 'zod';
import { createDocument } from 'zod-openapi';
import {
  askQuery,
  askResult,
  askResults,
  entitiesToSync,
  ENTITIES_AT_MOST,
  pairState,
  pathParameters,
  problem,
} from './schemas.ts';

const PATH = '/v1/sync/{process}/{type}/{id}';

const json = (schema: z.ZodType) => ({ 'application/json': { schema } });

const problemOf = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: problem } },
});

const PROBLEMS = {
  '400': problemOf('The request is malformed: `errors` says where.'),
  '401': problemOf('The token is missing or invalid.'),
  '404': problemOf('Unknown process or type: `valid` lists the valid ones.'),
  '409': problemOf('The process is disabled.'),
  '429': problemOf('Too many calls, or invalid tokens, from here: retry after `Retry-After` seconds.'),
  '503': problemOf('A server cannot be reached, or there are too many requests: retry after `Retry-After` seconds.'),
};

const ASK_PROBLEMS = {
  ...PROBLEMS,
  '409': problemOf('The process is disabled, or a request with that key is still in progress.'),
  '422': problemOf('That Idempotency-Key was used with another request.'),
};

const askHeaders = z.object({
  'Idempotency-Key': z.string().max(202).optional().meta({
    description:
      'The same key and request within a day return the same answer, and nothing is requested a second time.',
  }),
  Prefer: z
    .string()
    .optional()
    .meta({ description: 'RFC 7240: `wait=10` is the same as the query, capped at the maximum.' }),
});

/** The OpenAPI 3.1 description of `/v1`, generated from the schemas that validate requests. */
export function openApi() {
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'ems-sync on demand',
      version: '1',
      summary: 'Syncs rows of EMS to a target now.',
      description:
        'Each pair of sync process and row has one workflow; a request asks it for a pass. Once a request has been answered it is kept until it is done, however long that takes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'A token of GATEWAY_TOKENS, without its name.' },
      },
    },
    paths: {
      '/v1/sync': {
        post: {
          operationId: 'syncMany',
          summary: `Sync up to ${ENTITIES_AT_MOST} rows to their targets now`,
          requestParams: { query: askQuery, header: askHeaders },
          requestBody: { required: true, content: json(entitiesToSync) },
          responses: {
            '200': { description: 'With `wait`: every outcome is known.', content: json(askResults) },
            '202': { description: 'Requested. With `wait`: some are still in progress.', content: json(askResults) },
            ...ASK_PROBLEMS,
            '413': problemOf(`More than ${ENTITIES_AT_MOST} entities, or too many bytes.`),
            '415': problemOf('The body is not JSON, or its Content-Type says so: send `application/json`.'),
          },
        },
      },
      [PATH]: {
        post: {
          operationId: 'syncOne',
          summary: 'Sync a row to a target now',
          requestParams: { path: pathParameters, query: askQuery, header: askHeaders },
          responses: {
            '200': { description: 'With `wait`: its outcome.', content: json(askResult) },
            '202': { description: 'Requested. With `wait`: still in progress.', content: json(askResult) },
            ...ASK_PROBLEMS,
            '404': problemOf('Unknown process or type; or EMS has no such row and the process has no record of it.'),
          },
        },
        get: {
          operationId: 'pairState',
          summary: 'The state of a row at a target',
          requestParams: { path: pathParameters },
          responses: {
            '200': { description: 'Its record, without personal data.', content: json(pairState) },
            ...PROBLEMS,
          },
        },
      },
      '/v1/openapi.json': {
        get: {
          operationId: 'openApi',
          summary: 'This description',
          security: [],
          responses: { '200': { description: 'OpenAPI 3.1.', content: json(z.looseObject({ openapi: z.string() })) } },
        },
      },
    },
  });
}
