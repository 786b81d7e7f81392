import { simulatorProgram } from '../kit/simulator-program.ts';
import { createRunSignup } from './app.ts';

const options = {
  key: null,
  secret: null,
  'caller-registration': 'ems-sync',
  'caller-registration-secret': 'ems-sync-secret',
  'caller-registration-from': undefined,
};

await simulatorProgram(options, ({ key, secret, storage, ...caller }) =>
  createRunSignup({
    key,
    secret,
    callerRegistration: caller['caller-registration'],
    callerRegistrationSecret: caller['caller-registration-secret'],
    callerRegistrationFrom: caller['caller-registration-from'],
    storage,
  }),
);
