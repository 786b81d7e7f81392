import { DBOS } from '@dbos-inc/dbos-sdk';
import { createDelivery } from './delivery.mjs';
import { inLanes } from './job.mjs';

const QUEUE = 'persons';

/** A workflow with two steps for each person: send, record. @param {import('./job.mjs').Job} job */
export async function dbos(job) {
  const delivery = createDelivery(job);
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: job.databaseUrl, logLevel: 'error' });
  const person = DBOS.registerWorkflow(
    async (/** @type {string} */ key) => {
      const rows = await DBOS.runStep(() => delivery.send(key), { name: 'send' });
      await DBOS.runStep(
        async () => {
          await delivery.record(rows);
        },
        { name: 'record' },
      );
    },
    { name: 'person' },
  );
  await DBOS.launch();
  await DBOS.registerQueue(QUEUE, { workerConcurrency: job.inFlight, minPollingIntervalMs: 100 });
  return async () => {
    /** @type {{ getResult(): Promise<unknown> }[]} */
    const handles = [];
    await inLanes(job.keys, 20, async (key) => {
      handles.push(await DBOS.startWorkflow(person, { queueName: QUEUE })(key));
    });
    for (const handle of handles) await handle.getResult();
  };
}
