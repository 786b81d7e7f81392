import { sleep } from '@temporalio/workflow';

/** What a careless change would look like to runs that are under way: other commands in another order. */
export async function syncEntity(): Promise<void> {
  await sleep('1 hour');
}

export async function sweepOutbound(): Promise<void> {
  await sleep('1 hour');
}
