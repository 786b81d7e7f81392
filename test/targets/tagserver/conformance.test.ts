import { startTagServer, type StartedTagServer } from '../../../simulators/tagserver/start.ts';
import { tagServer } from '../../../targets/tagserver/process.ts';
import { describeConformance } from '../conformance.ts';

const held =
  (resource: string) =>
  async ({ control }: StartedTagServer) => {
    const state = (await control.state()) as Readonly<Record<string, Readonly<Record<string, { data: unknown }>>>>;
    return Object.entries(state[resource] ?? {}).map(([id, { data }]) => ({ id, data }));
  };

describeConformance({
  target: tagServer,
  start: () => startTagServer(),
  settingsOf: ({ url, token }) => ({ TAGSERVER_URL: url, TAGSERVER_TOKEN: token }),
  address: 'TAGSERVER_URL',
  hostileRemoteIn: 'hostile-remote.test.ts',
  types: {
    Organisation: { held: held('organisations') },
    Event: { held: held('events') },
    Person: { held: held('persons') },
    Race: { held: held('races') },
    StartGroup: { held: held('start-groups') },
    EventParticipant: { held: held('event-participants') },
    StartGroupParticipant: { held: held('start-group-participants') },
    Tag: { held: held('tags') },
  },
});
