import { startMailchimp } from '../../../simulators/mailchimp/start.ts';
import { mailchimp } from '../../../targets/mailchimp/process.ts';
import { describeConformance } from '../conformance.ts';

describeConformance({
  target: mailchimp,
  start: () => startMailchimp({ setup: { mergeFields: [{ tag: 'PHONE', type: 'text' }] } }),
  settingsOf: ({ url, key, list }) => ({
    MAILCHIMP_URL: url,
    MAILCHIMP_API_KEY: key,
    MAILCHIMP_LIST_ID: list,
  }),
  address: 'MAILCHIMP_URL',
  hostileRemoteIn: 'hostile-remote.test.ts',
  moves: ['lastChanged', 'contactId'],
  types: {
    Person: {
      held: async ({ control }) => Object.values((await control.state()).members),
      keeps: ['email'],
      keepsAtTarget: { language: 'no answer of Mailchimp clears a language: it guesses one' },
    },
  },
});
