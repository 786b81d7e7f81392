import { parseArgs } from 'node:util';
import { z } from 'zod';
import { runSimulator } from '../kit/run-simulator.ts';
import { createMailchimp } from './app.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    key: { type: 'string' },
    list: { type: 'string' },
    storage: { type: 'string', default: ':memory:' },
    setup: { type: 'string', default: '{}' },
    settings: { type: 'string', default: '{}' },
    'until-stdin-closes': { type: 'boolean', default: false },
  },
});

if (values.key === undefined || values.list === undefined) {
  console.error('Say which API key to accept and which list there is: --key KEY --list LIST');
  process.exit(2);
}

const parsed = (name: 'setup' | 'settings'): object => {
  try {
    return z.looseObject({}).parse(JSON.parse(values[name]));
  } catch {
    console.error(`--${name} takes a JSON object`);
    return process.exit(2);
  }
};

const app = createMailchimp({
  key: values.key,
  list: values.list,
  storage: values.storage,
  setup: parsed('setup'),
  settings: parsed('settings'),
});
await runSimulator(app, { port: Number(values.port), untilStdinCloses: values['until-stdin-closes'] });
