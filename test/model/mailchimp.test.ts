import { runsOf } from '../seeded-fast-check.ts';
import { startMailchimpInProcess } from './mailchimp-in-process.ts';
import { testAgainstModel } from './test-against-model.ts';

testAgainstModel(startMailchimpInProcess, {
  numRuns: runsOf(300, 10_000),
  found: {
    'a member whose address goes to somebody who has refused is not mailed against EMS’s later no': [
      { do: 'create', at: 2, wish: 'yes' },
      { do: 'create', at: 0, wish: 'yes' },
      { do: 'sweep', full: true },
      { do: 'refuse', at: 0, how: 'unsubscribe' },
      { do: 'move', who: 1, at: 2 },
      { do: 'poll' },
      { do: 'sweep', full: true },
      { do: 'wish', who: 0, wish: 'no' },
    ],
  },
});
