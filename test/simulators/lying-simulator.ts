import { z } from 'zod';
import { fits } from '../../simulators/kit/answers.ts';
import { createApp } from '../../simulators/kit/create-app.ts';
import { commonKnobs } from '../../simulators/kit/faults.ts';
import { simulatorProgram } from '../../simulators/kit/simulator-program.ts';
import { createSurroundings } from '../../simulators/kit/surroundings.ts';

/**
 * A simulator whose `/names/2` returns a key that its vendor does not have, and whose `/undeclared` is not declared.
 */
await simulatorProgram({}, () =>
  createApp({
    surroundings: createSurroundings(commonKnobs),
    vendorAnswer: () => ({ headers: {}, body: '' }),
    answers: {
      routes: {
        'GET /names/:id': { 200: fits(z.strictObject({ name: z.string() })) },
        'DELETE /names/:id': { 204: null },
      },
      refusals: fits(z.strictObject({ error: z.string() })),
    },
    control: { reset() {}, state: () => ({}), backdoor: () => ({}), refusal: () => undefined },
    apis: [
      {
        prefix: '/api',
        speak(scope) {
          scope.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'nothing here' }));
        },
        addRoutes(scope) {
          scope.get<{ Params: { id: string } }>('/names/:id', async ({ params: { id } }) =>
            id === '2' ? { name: 'Ana', isUniqueIdentifer: true } : { name: 'Ana' },
          );
          scope.delete('/names/:id', async (_request, reply) => reply.code(204).send());
          scope.get('/undeclared', async () => ({ name: 'Ana' }));
        },
      },
    ],
    close: () => undefined,
  }),
);
