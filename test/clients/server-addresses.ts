import { randomBytes } from 'node:crypto';
import { Client, Connection, isGrpcServiceError } from '@temporalio/client';
import { Client as Database } from 'pg';
import { waitUntil } from '../wait-until.ts';

/** The address of a server that `npm test` has started. @throws Error if it has not. */
function given(name: 'TEST_DATABASE_ADMIN_URL' | 'TEST_TEMPORAL_ADDRESS'): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set: run this test by npm test`);
  return value;
}

/** Creates an empty database. */
export async function newDatabase(): Promise<{ readonly url: string; drop(): Promise<void> }> {
  const adminUrl = given('TEST_DATABASE_ADMIN_URL');
  const name = `clients_${randomBytes(6).toString('hex')}`;
  await query(adminUrl, `CREATE DATABASE ${name}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return {
    url: url.toString(),
    drop: () => query(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`).then(() => undefined),
  };
}

/** Opens a connection, runs one statement and returns its rows. */
export async function query(
  url: string,
  statement: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new Database({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement, values)).rows;
  } finally {
    await client.end();
  }
}

export interface TestNamespace {
  readonly address: string;
  readonly namespace: string;
  readonly client: Client;
  close(): Promise<void>;
}

/** Creates a namespace and waits until the whole server knows it. */
export async function newNamespace(): Promise<TestNamespace> {
  const address = given('TEST_TEMPORAL_ADDRESS');
  const namespace = `clients-${randomBytes(6).toString('hex')}`;
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  const client = new Client({ connection, namespace });
  await untilUsable(client);
  return { address, namespace, client, close: () => connection.close() };
}

async function untilUsable(client: Client): Promise<void> {
  await waitUntil({ what: `namespace ${client.options.namespace} usable`, pauseMs: 100 }, async () => {
    try {
      await client.workflow.count();
      // The list of schedules and the history service learn about a namespace separately.
      for await (const _ of client.schedule.list()) break;
      await client.workflow.getHandle('nobody').describe().catch(unlessNotFound);
      return true;
    } catch {
      return false;
    }
  });
}

function unlessNotFound(error: unknown): void {
  if (error instanceof Error && error.name === 'WorkflowNotFoundError' && !isGrpcServiceError(error)) return;
  throw error;
}
