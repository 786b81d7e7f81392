import { sleep } from '@temporalio/workflow';

/** How a careless change looks to running workflows: other commands in another order. */
export async function syncEntity(): Promise<void> {
  await sleep('1 hour');
}

export async function sweepOutbound(): Promise<void> {
  await sleep('1 hour');
}
