import { z } from 'zod';
import { simulatorProgram } from '../kit/simulator-program.ts';
import { createMailchimp } from './app.ts';

const parsed = (name: string, text: string): object => {
  try {
    return z.looseObject({}).parse(JSON.parse(text));
  } catch {
    throw new Error(`--${name} takes a JSON object`);
  }
};

await simulatorProgram({ key: null, list: null, setup: '{}', settings: '{}' }, (values) =>
  createMailchimp({
    key: values.key,
    list: values.list,
    storage: values.storage,
    setup: parsed('setup', values.setup),
    settings: parsed('settings', values.settings),
  }),
);
