import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { Child } from './child-process.ts';

/** As `temporal server start-dev` has it. */
const RETENTION_SECONDS = 86_400;

/** A server that has just learnt a namespace takes some seconds until every part of it knows. */
const USABLE_WITHIN_MS = 60_000;

/** Waits until the server answers. Undefined when it does, else what is wrong. */
export async function untilAnswers(child: Child, address: string, withinMs: number): Promise<string | undefined> {
  const until = Date.now() + withinMs;
  let last = 'no answer';
  while (Date.now() < until) {
    if (!child.running) return 'it ended by itself';
    try {
      const connection = await Connection.connect({ address, connectTimeout: 2_000 });
      await connection.close();
      return undefined;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
      await sleep(100);
    }
  }
  return `not serving after ${withinMs / 1000} s (${last})`;
}

/**
 * Makes the namespaces that are missing, and waits until the server takes work for each.
 *
 * @throws Error if that takes longer than a minute
 */
export async function ensureNamespaces(address: string, namespaces: readonly string[]): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    for (const namespace of namespaces) {
      await patiently(() => registerUnlessThere(connection, namespace));
      await patiently(() => connection.workflowService.listWorkflowExecutions({ namespace, pageSize: 1 }));
    }
  } finally {
    await connection.close();
  }
}

async function registerUnlessThere({ workflowService }: Connection, namespace: string): Promise<void> {
  const { namespaces } = await workflowService.listNamespaces({ pageSize: 1_000 });
  if (namespaces.some(({ namespaceInfo }) => namespaceInfo?.name === namespace)) return;
  await workflowService.registerNamespace({
    namespace,
    // Its type asks for a Long; any number is taken.
    workflowExecutionRetentionPeriod: { seconds: RETENTION_SECONDS as never },
  });
}

async function patiently(step: () => Promise<unknown>): Promise<void> {
  const until = Date.now() + USABLE_WITHIN_MS;
  for (;;) {
    try {
      await step();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(200);
    }
  }
}
