import { setTimeout as sleep } from 'node:timers/promises';
import pRetry from 'p-retry';
import pg from 'pg';
import type { Logger } from 'pino';
import { tablesWithoutNotify } from '../../database/notify/install-notify.ts';
import { LISTENER_NAME } from '../../database/notify/listeners.ts';
import { NOTIFY_CHANNEL, readNotification, type Notification } from '../../database/notify/notification.ts';

export interface ListenOptions {
  readonly databaseUrl: string;
  readonly log: Logger;
  readonly onNotification: (notification: Notification) => void;
  /** Called when a connection starts to listen: earlier commits are not heard. */
  readonly onListening: () => void;
  /** Called when the connection is lost. */
  readonly onLost: () => void;
  /** Why a connection failed, in an operator's words. */
  readonly reasonOf: (error: unknown) => string;
  readonly stop: AbortSignal;
}

/** Pauses between attempts: doubled each time, at most half a minute. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

const CONNECT_WITHIN_MS = 10_000;

/** A dead connection raises no error by itself, so it is probed. */
const HEARTBEAT_MS = 10_000;

/**
 * Listens on a dedicated connection until told to stop, and reconnects when it is lost. It must be a direct connection:
 * LISTEN does not work through a pooler in transaction mode.
 */
export async function listen(options: ListenOptions): Promise<void> {
  const { log, stop, reasonOf } = options;
  while (!stop.aborted) {
    try {
      const client = await pRetry(() => connect(options), {
        retries: Number.POSITIVE_INFINITY,
        minTimeout: FIRST_PAUSE_MS,
        maxTimeout: LONGEST_PAUSE_MS,
        randomize: true,
        signal: stop,
        onFailedAttempt: ({ error }) => log.warn({ reason: reasonOf(error) }, 'cannot listen; trying again'),
      });
      const reason = await untilLost(client, stop);
      options.onLost();
      if (stop.aborted) return;
      log.warn(
        { reason: reasonOf(reason) },
        'the listening connection was lost; changes are heard again after a reconnect',
      );
      // Limit the rate of reconnects if the connection is cut again and again.
      await sleep(FIRST_PAUSE_MS, undefined, { signal: stop });
    } catch (error) {
      if (!stop.aborted) throw error;
    }
  }
}

async function connect({ databaseUrl, log, onNotification, onListening }: ListenOptions): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: LISTENER_NAME,
    connectionTimeoutMillis: CONNECT_WITHIN_MS,
    query_timeout: HEARTBEAT_MS,
    keepAlive: true,
  });
  // An error event without a listener would end the process.
  client.on('error', () => undefined);
  client.on('notification', ({ payload = '' }) => {
    const notification = readNotification(payload);
    if (notification !== null) onNotification(notification);
  });
  try {
    await client.connect();
    await client.query(`LISTEN ${NOTIFY_CHANNEL}`);
    const silent = await tablesWithoutNotify(client);
    if (silent.length > 0) {
      log.warn(
        { tables: silent },
        'change notifications of these tables are disabled, only sweeps find changes: npx ems-sync migrate --with-notify',
      );
    }
  } catch (error) {
    void client.end().catch(() => undefined);
    throw error;
  }
  onListening();
  return client;
}

/** Resolves with the reason of the loss, or when told to stop. */
async function untilLost(client: pg.Client, stop: AbortSignal): Promise<unknown> {
  const { promise: lost, resolve } = Promise.withResolvers<unknown>();
  const heartbeat = setInterval(() => void client.query('SELECT 1').catch(resolve), HEARTBEAT_MS);
  client.once('error', resolve);
  client.once('end', () => resolve(new Error('Connection terminated')));
  stop.addEventListener('abort', () => resolve(null), { once: true });
  if (stop.aborted) resolve(null);
  try {
    return await lost;
  } finally {
    clearInterval(heartbeat);
    // On a half-open connection this would never return, so do not wait for it.
    void client.end().catch(() => undefined);
  }
}
