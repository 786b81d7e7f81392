import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import type { Child } from './child-process.ts';

/** The same as `temporal server start-dev`. */
const RETENTION_SECONDS = 86_400;

/** A new namespace takes some seconds to reach every part of the server. */
const USABLE_WITHIN_MS = 60_000;

/** Waits until the server answers. Returns undefined then, else the problem. */
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
 * Creates missing namespaces, and waits until each can be used.
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
    // The type says Long, but any number works.
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
