import { PgBoss } from 'pg-boss';
import { createDelivery } from './delivery.mjs';

const QUEUE = 'persons';

/** A job for each person; each worker takes several at once, and works on one after the other. @param {import('./job.mjs').Job} job */
export async function pgBoss(job) {
  const delivery = createDelivery(job);
  const boss = new PgBoss({ connectionString: job.databaseUrl, supervise: false, schedule: false });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue(QUEUE);
  return async () => {
    let left = job.keys.length;
    await boss.insert(
      QUEUE,
      job.keys.map((key) => ({ data: { key } })),
    );
    await new Promise((done) => {
      void boss.work(
        QUEUE,
        {
          localConcurrency: job.inFlight,
          batchSize: 10,
          burstWhenBatchFull: true,
          pollingIntervalSeconds: 0.5,
        },
        async (jobs) => {
          for (const { data } of jobs) {
            await delivery.deliver(data.key);
            left -= 1;
          }
          if (left === 0) done(undefined);
        },
      );
    });
    // What ended last is written when its worker stops.
    await boss.stop();
  };
}
