import { Connection, type Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import { pino, type Logger } from 'pino';
import { closeOrm } from '../database/close-orm.ts';
import { createOrm, type Orm } from '../database/orm.ts';
import { readPause } from '../database/records/pauses.ts';
import { dataConverterOf } from '../settings/data-converter.ts';
import { loadEnvironment } from '../settings/load-environment.ts';
import { EncryptionCodec } from '../settings/payload-codec.ts';
import { readProgramSettings } from '../settings/programs.ts';
import type { CommonSettings } from '../settings/schema.ts';
import { SettingsError } from '../settings/settings-error.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';
import { temporalConnection } from '../settings/temporal-connection.ts';
import { AlertWatch } from './alerts/alert-watch.ts';
import { failureOf, serverFailure } from './cli/failures.ts';
import { EnabledProcesses } from './enabled-processes.ts';
import type { ChatwootHook } from './gateway/chatwoot-hook.ts';
import type { CodecEndpoint } from './gateway/codec-endpoint.ts';
import type { ConsentHook } from './gateway/consent-hook.ts';
import { followConsent } from './gateway/follow-consent.ts';
import { followHint, type Followed } from './gateway/follow-hint.ts';
import { mailchimpHook, mauticHook } from './gateway/marketing-hooks.ts';
import type { OnDemand } from './gateway/on-demand/routes.ts';
import { unreachable } from './gateway/reachability.ts';
import { createGateway } from './gateway/server.ts';
import type { StatusPage } from './gateway/status-page/routes.ts';
import { TakenWebhooks, type ReplayMemory } from './gateway/taken-webhooks.ts';
import { within } from './gateway/within.ts';
import { OwnInstallation } from './own-installation.ts';
import { stopIfForeign } from './stop-if-foreign.ts';

/** ChatWoot waits 5 s; PostgreSQL's driver waits 10 s for a connection. */
const FOLLOW_WITHIN_MS = 4_000;

/** Shorter, so that an unavailable Temporal can be told from an unavailable database. */
const TEMPORAL_WITHIN_MS = 3_000;

interface Servers {
  readonly orm: Orm;
  readonly temporal: Client;
  readonly taken: ReplayMemory;
  readonly enabled: EnabledProcesses;
}

/**
 * `npm run gateway`: accepts webhooks and sync requests until SIGTERM or SIGINT. It also starts while its servers are
 * unavailable, and answers 503 until they are back.
 */
async function main(): Promise<void> {
  const common = readProgramSettings('gateway', loadEnvironment());
  const log = pino({ name: 'ems-sync-gateway', level: common.LOG_LEVEL });
  const stop = stopRequest(log);
  const connection = Connection.lazy(temporalConnection(common));
  const orm = await createOrm({ databaseUrl: common.DATABASE_URL, poolSize: 10 });
  const own = new OwnInstallation({
    connection,
    namespace: common.TEMPORAL_NAMESPACE,
    dataConverter: dataConverterOf(common),
    database: async () => orm,
  });
  const temporal = own.client;
  const servers = { orm, temporal, taken: new TakenWebhooks(orm), enabled: new EnabledProcesses(orm) };
  const gateway = createGateway({
    log,
    trustedProxies: common.GATEWAY_TRUSTED_PROXIES,
    chatwoot: chatwootHook(common, servers, log),
    consent: consentHooks(common, servers, log),
    onDemand: onDemand(common, servers, log),
    statusPage: statusPage(common, servers),
    codec: codecEndpoint(common),
    unreachable: () => unreachable({ orm, workflowService: temporal.workflowService }),
  });
  const alerts = alertWatch(common, servers, log);
  try {
    alerts?.start();
    const address = await listen(gateway, common.GATEWAY_PORT);
    log.info({ address }, 'gateway is ready');
    await Promise.race([stop, stopIfForeign(own)]);
  } finally {
    // Answer accepted requests before the connections close.
    await gateway.close();
    await alerts?.stop();
    await connection.close();
    await closeOrm(orm);
  }
  log.info('gateway has stopped');
}

/** @throws SettingsError if the port is in use. */
async function listen(gateway: FastifyInstance, port: number): Promise<string> {
  try {
    return await gateway.listen({ host: '0.0.0.0', port });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new SettingsError([`GATEWAY_PORT ${port} is taken by another program: set another one`]);
  }
}

/**
 * Returns null, and logs which setting is missing, if ChatWoot's webhooks are not accepted; the path then does not
 * exist.
 */
function chatwootHook(common: CommonSettings, servers: Servers, log: Logger): ChatwootHook | null {
  const secrets = common.CHATWOOT_WEBHOOK_SECRET;
  if (secrets === undefined) {
    log.warn('webhooks of CHATWOOT are not accepted: CHATWOOT_WEBHOOK_SECRET is not set');
    return null;
  }
  return {
    secrets,
    taken: servers.taken,
    follow: (hint) =>
      servers.temporal.withDeadline(Date.now() + TEMPORAL_WITHIN_MS, () =>
        within(
          FOLLOW_WITHIN_MS,
          ifOn(servers, 'CHATWOOT', () => followHint(servers, 'CHATWOOT', hint)),
        ),
      ),
    reasonOf: (error) => failureOf(error, common).lines.join('; '),
  };
}

/** The hooks that have a secret; logs what the others lack. */
function consentHooks(common: CommonSettings, servers: Servers, log: Logger): ConsentHook[] {
  const kinds = [
    { name: 'MAUTIC', secrets: common.MAUTIC_WEBHOOK_SECRET, make: mauticHook },
    { name: 'MAILCHIMP', secrets: common.MAILCHIMP_WEBHOOK_SECRET, make: mailchimpHook },
  ] as const;
  return kinds.flatMap(({ name, secrets, make }) => {
    if (secrets === undefined) {
      log.info(`webhooks of ${name} are not accepted: ${name}_WEBHOOK_SECRET is not set`);
      return [];
    }
    const follow = (remoteId: string) =>
      servers.temporal.withDeadline(Date.now() + TEMPORAL_WITHIN_MS, () =>
        within(
          FOLLOW_WITHIN_MS,
          ifOn(servers, name, () => followConsent(servers, name, remoteId)),
        ),
      );
    return [
      make(secrets, { follow, taken: servers.taken, reasonOf: (error) => failureOf(error, common).lines.join('; ') }),
    ];
  });
}

/** Returns null, and logs it, if no tokens are set; the paths then do not exist. */
function onDemand(common: CommonSettings, servers: Servers, log: Logger): OnDemand | null {
  const tokens = common.GATEWAY_TOKENS;
  if (tokens === undefined) {
    log.warn('sync requests over HTTP are not accepted: GATEWAY_TOKENS is not set');
    return null;
  }
  const off = () => servers.enabled.off();
  return { ...servers, settings: common, tokens, off, unreachable: (error) => serverFailure(error, common) };
}

/** Null: nobody wants to be told. */
function alertWatch(common: CommonSettings, { orm, temporal }: Servers, log: Logger): AlertWatch | null {
  const url = common.ALERT_WEBHOOK_URL;
  if (url === undefined) return null;
  return new AlertWatch({ orm, temporal, log, url, reasonOf: (error) => failureOf(error, common).lines.join('; ') });
}

/** Null: the page does not exist. */
function statusPage(common: CommonSettings, { orm, temporal }: Servers): StatusPage | null {
  const tokens = common.GATEWAY_TOKENS;
  if (tokens === undefined) return null;
  return { orm, temporal, settings: common, tokens, unreachable: (error) => serverFailure(error, common) };
}

/**
 * A process that is off has no workers: its webhooks are accepted and dropped. Those of a paused process too: the first
 * poll afterwards reads what they tell of.
 */
async function ifOn(
  { enabled, orm }: Servers,
  name: SyncProcessName,
  follow: () => Promise<Followed>,
): Promise<Followed> {
  const isServed = (await enabled.isOn(name)) && (await readPause(orm.em.fork(), name)) === null;
  return isServed ? follow() : 'dropped';
}

/** Null: the path does not exist. */
function codecEndpoint(common: CommonSettings): CodecEndpoint | null {
  const { TEMPORAL_CODEC_KEY: keys, GATEWAY_CODEC_TOKENS: tokens, TEMPORAL_UI_URL } = common;
  if (keys === undefined || tokens === undefined) return null;
  return { codec: new EncryptionCodec(keys), tokens, origin: new URL(TEMPORAL_UI_URL).origin };
}

/** Resolves at the first SIGTERM or SIGINT. */
function stopRequest(log: Logger): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      log.info({ signal }, 'told to stop');
      resolve();
    });
  }
  return promise;
}

try {
  await main();
} catch (error) {
  process.exitCode = error instanceof SettingsError ? 2 : 1;
  process.stderr.write(`${failureOf(error, null).lines.join('\n')}\n`);
}
// The SDK would retry pending requests on the closed connection, which would end the process with an error.
process.exit();
