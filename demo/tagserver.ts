import { join } from 'node:path';
import { startTagServer } from '../simulators/tagserver/start.ts';
import { restartable } from './restartable.ts';
import type { SimulatedTarget } from './simulated-target.ts';
import { verifyTagServer } from './verify-tagserver.ts';

export const simulatedTagServer: SimulatedTarget = {
  process: 'TAGSERVER',
  async start(folder) {
    const storage = join(folder, 'tagserver.sqlite');
    const tagServer = await startTagServer({ storage });
    const { url, token, control } = tagServer;
    return {
      environment: { TAGSERVER_URL: url, TAGSERVER_TOKEN: token },
      stateUrl: `${url}/control/state`,
      verify: async (databaseUrl) => verifyTagServer(databaseUrl, await control.state()),
      async countWrites(work) {
        await control.clearJournal();
        await work();
        return (await control.journal({ writesOnly: true })).length;
      },
      ...restartable(tagServer, (port) => startTagServer({ storage, port })),
    };
  },
};
