import { simulatorProgram } from '../kit/simulator-program.ts';
import { createMautic } from './app.ts';

const options = {
  username: null,
  password: null,
  'client-id': 'ems',
  'client-secret': 'client-secret',
  version: '5',
};

await simulatorProgram(options, ({ username, password, storage, version, ...oauth }) => {
  if (version !== '4' && version !== '5') throw new Error('Say which Mautic it is: --version 4 or --version 5');
  const clientSecret = oauth['client-secret'];
  return createMautic({ username, password, clientId: oauth['client-id'], clientSecret, storage, version });
});
