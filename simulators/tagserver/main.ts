import { simulatorProgram } from '../kit/simulator-program.ts';
import { createTagServer } from './app.ts';

await simulatorProgram({ token: null, 'client-id': 'ems-sync' }, ({ token, storage, ...values }) =>
  createTagServer({ token, storage, clientId: values['client-id'] }),
);
