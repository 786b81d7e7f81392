import { parseArgs } from 'node:util';
import { runSimulator } from '../kit/run-simulator.ts';
import { createTagServer } from './app.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    token: { type: 'string' },
    'client-id': { type: 'string', default: 'ems-sync' },
    storage: { type: 'string', default: ':memory:' },
    'until-stdin-closes': { type: 'boolean', default: false },
  },
});

if (values.token === undefined) {
  console.error('Say which bearer token to accept: --token TOKEN');
  process.exit(2);
}

const app = createTagServer({ token: values.token, clientId: values['client-id'], storage: values.storage });
await runSimulator(app, { port: Number(values.port), untilStdinCloses: values['until-stdin-closes'] });
