import { simulatorProgram } from '../kit/simulator-program.ts';
import { createChatwoot } from './app.ts';

const options = { token: null, account: '1', 'requests-per-minute': '3000', 'searches-per-minute': '100' };

await simulatorProgram(options, ({ token, storage, ...numbers }) =>
  createChatwoot({
    token,
    storage,
    account: Number(numbers.account),
    requestsPerMinute: Number(numbers['requests-per-minute']),
    searchesPerMinute: Number(numbers['searches-per-minute']),
  }),
);
