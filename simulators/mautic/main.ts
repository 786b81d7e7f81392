import { parseArgs } from 'node:util';
import { runSimulator } from '../kit/run-simulator.ts';
import { createMautic } from './app.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    username: { type: 'string' },
    password: { type: 'string' },
    'client-id': { type: 'string', default: 'ems' },
    'client-secret': { type: 'string', default: 'client-secret' },
    storage: { type: 'string', default: ':memory:' },
    version: { type: 'string', default: '5' },
    'until-stdin-closes': { type: 'boolean', default: false },
  },
});

if (values.username === undefined || values.password === undefined) {
  console.error('Say which user may use the API: --username NAME --password PASSWORD');
  process.exit(2);
}
if (values.version !== '4' && values.version !== '5') {
  console.error('Say which Mautic it is: --version 4 or --version 5');
  process.exit(2);
}

const app = createMautic({
  username: values.username,
  password: values.password,
  clientId: values['client-id'],
  clientSecret: values['client-secret'],
  storage: values.storage,
  version: values.version,
});
await runSimulator(app, { port: Number(values.port), untilStdinCloses: values['until-stdin-closes'] });
