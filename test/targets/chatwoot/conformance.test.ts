import { startChatwoot } from '../../../simulators/chatwoot/start.ts';
import { chatwoot } from '../../../targets/chatwoot/process.ts';
import { describeConformance } from '../conformance.ts';

describeConformance({
  target: chatwoot,
  start: () => startChatwoot({ requestsPerMinute: 1_000_000, searchesPerMinute: 1_000_000 }),
  settingsOf: ({ url, token, account }) => ({
    CHATWOOT_URL: url,
    CHATWOOT_ACCOUNT_ID: String(account),
    CHATWOOT_TOKEN: token,
    CHATWOOT_INBOX_ID: '1',
  }),
  address: 'CHATWOOT_URL',
  hostileRemoteIn: 'hostile-remote.test.ts',
  moves: ['created_at', 'updated_at', 'last_activity_at'],
  types: {
    Person: {
      held: async ({ control }) => Object.values((await control.state()).contacts),
      keeps: ['email'],
    },
    Conversation: {
      held: async ({ control }) =>
        Object.values((await control.state()).conversations).map((conversation) => ({
          contact: conversation.contact_id,
          custom_attributes: conversation.custom_attributes,
          messages: conversation.messages,
        })),
      identifies: ['ems_conversation_id'],
      confirmedOtherwise: { messages: 'the id of each message is in the result' },
      untold: { '/messages': 'a page without messages names the contact, and both samples are of one contact' },
    },
  },
});
