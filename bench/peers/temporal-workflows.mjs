import { executeChild, proxyActivities } from '@temporalio/workflow';

const { deliver } = proxyActivities({ startToCloseTimeout: '1 minute' });

/** As many as a sweep of ems-sync has at once. */
const CHILDREN_AT_ONCE = 40;

/** @param {readonly string[]} keys */
export async function deliverAll(keys) {
  const waiting = keys.values();
  const lane = async () => {
    for (const key of waiting) await executeChild(deliverOne, { workflowId: `person/${key}`, args: [key] });
  };
  await Promise.all(Array.from({ length: CHILDREN_AT_ONCE }, lane));
}

/** @param {string} key */
export async function deliverOne(key) {
  await deliver(key);
}
