import { parseArgs } from 'node:util';
import { runSimulator } from '../kit/run-simulator.ts';
import { createRunSignup } from './app.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    key: { type: 'string' },
    secret: { type: 'string' },
    'caller-registration': { type: 'string', default: 'ems-sync' },
    'caller-registration-secret': { type: 'string', default: 'ems-sync-secret' },
    'caller-registration-from': { type: 'string' },
    storage: { type: 'string', default: ':memory:' },
    'until-stdin-closes': { type: 'boolean', default: false },
  },
});

if (values.key === undefined || values.secret === undefined) {
  console.error('Say which key and secret to accept: --key KEY --secret SECRET');
  process.exit(2);
}

const app = createRunSignup({
  key: values.key,
  secret: values.secret,
  callerRegistration: values['caller-registration'],
  callerRegistrationSecret: values['caller-registration-secret'],
  callerRegistrationFrom: values['caller-registration-from'],
  storage: values.storage,
});
await runSimulator(app, { port: Number(values.port), untilStdinCloses: values['until-stdin-closes'] });
