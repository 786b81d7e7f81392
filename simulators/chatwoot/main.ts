import { parseArgs } from 'node:util';
import { runSimulator } from '../kit/run-simulator.ts';
import { createChatwoot } from './app.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    token: { type: 'string' },
    account: { type: 'string', default: '1' },
    storage: { type: 'string', default: ':memory:' },
    'requests-per-minute': { type: 'string', default: '3000' },
    'searches-per-minute': { type: 'string', default: '100' },
    'until-stdin-closes': { type: 'boolean', default: false },
  },
});

if (values.token === undefined) {
  console.error('Say which api_access_token to accept: --token TOKEN');
  process.exit(2);
}

const app = createChatwoot({
  token: values.token,
  account: Number(values.account),
  storage: values.storage,
  requestsPerMinute: Number(values['requests-per-minute']),
  searchesPerMinute: Number(values['searches-per-minute']),
});
await runSimulator(app, { port: Number(values.port), untilStdinCloses: values['until-stdin-closes'] });
