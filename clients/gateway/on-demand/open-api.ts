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
  '400': problemOf('Something is not as it should be: `errors` says where.'),
  '401': problemOf('No token of ours.'),
  '404': problemOf('No such process or type: `valid` lists those that there are.'),
  '409': problemOf('The process is switched off.'),
  '503': problemOf(
    'A server cannot be reached, or too much is being asked for: come again after `Retry-After` seconds.',
  ),
};

const ASK_PROBLEMS = {
  ...PROBLEMS,
  '409': problemOf('The process is switched off; or a request with that key is still being answered.'),
  '422': problemOf('That Idempotency-Key came with another request before.'),
};

const askHeaders = z.object({
  'Idempotency-Key': z.string().max(202).optional().meta({
    description: 'The same key and request within a day: the same answer, and nothing is asked for a second time.',
  }),
  Prefer: z
    .string()
    .optional()
    .meta({ description: 'RFC 7240: `wait=10` is the same as the query, cut to what is possible.' }),
});

/** The OpenAPI 3.1 description of `/v1`, generated from the schemas that validate requests. */
export function openApi() {
  return createDocument({
    openapi: '3.1.1',
    info: {
      title: 'ems-sync on demand',
      version: '1',
      summary: 'Brings rows of EMS to a target now.',
      description:
        'Each pair of sync process and row has one workflow; a request asks it for a pass. A request that is answered stands: it is carried out however long that takes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'One of GATEWAY_TOKENS.' } },
    },
    paths: {
      '/v1/sync': {
        post: {
          operationId: 'syncMany',
          summary: `Bring up to ${ENTITIES_AT_MOST} rows to their targets now`,
          requestParams: { query: askQuery, header: askHeaders },
          requestBody: { required: true, content: json(entitiesToSync) },
          responses: {
            '200': { description: 'With `wait`: every outcome is there.', content: json(askResults) },
            '202': { description: 'Requested. With `wait`: some are still at work.', content: json(askResults) },
            ...ASK_PROBLEMS,
            '413': problemOf(`More than ${ENTITIES_AT_MOST} entities, or too many bytes.`),
          },
        },
      },
      [PATH]: {
        post: {
          operationId: 'syncOne',
          summary: 'Bring a row to a target now',
          requestParams: { path: pathParameters, query: askQuery, header: askHeaders },
          responses: {
            '200': { description: 'With `wait`: its outcome.', content: json(askResult) },
            '202': { description: 'Requested. With `wait`: still at work.', content: json(askResult) },
            ...ASK_PROBLEMS,
            '404': problemOf('No such process or type; or EMS has no such row, and the process no record of it.'),
          },
        },
        get: {
          operationId: 'pairState',
          summary: 'How a row stands at a target',
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
