import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createDelivery } from './delivery.mjs';

const TASK_QUEUE = 'bench';

/** A child workflow with one activity for each person, and nothing else: the least that a child costs. @param {import('./job.mjs').Job} job */
export async function temporalChild(job) {
  const delivery = createDelivery(job);
  const { temporalAddress: address, namespace } = job;
  Runtime.install({ logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error: console.error } });
  const worker = await Worker.create({
    connection: await NativeConnection.connect({ address }),
    namespace,
    taskQueue: TASK_QUEUE,
    workflowsPath: fileURLToPath(new URL('temporal-workflows.mjs', import.meta.url)),
    activities: { deliver: (/** @type {string} */ key) => delivery.deliver(key) },
    maxConcurrentActivityTaskExecutions: job.inFlight,
  });
  void worker.run();
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  return async () => {
    const { keys } = job;
    await client.workflow.execute('deliverAll', { taskQueue: TASK_QUEUE, workflowId: 'all', args: [keys] });
  };
}
