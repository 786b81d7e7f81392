import { knownSettings } from '../settings/read-settings.ts';
import { TARGETS } from '../targets/index.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

export type DemoEnvironment = Readonly<Record<string, string>>;

/** Every five seconds (the first field is seconds), so that changes arrive quickly. */
const SWEEP_CRON = '*/5 * * * * * *';

export interface DemoAddresses {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly uiUrl: string;
  /** SYNC_KEY, different for each demo. */
  readonly syncKey: string;
  /** The gateway listens on it if any target sends webhooks. */
  readonly gatewayPort: number;
  /** Allows a caller to request syncs from the gateway. */
  readonly gatewayToken: string;
  /** The settings of each simulated target. */
  readonly targets: ReadonlyMap<SyncProcessName, DemoEnvironment>;
  /** Default: every five seconds. */
  readonly sweepCron?: string | undefined;
}

/**
 * The settings of all programs of this demo. All others are empty, which counts as not set: settings of real systems from
 * `.env` or the shell must not apply, or the demo's invented persons would be sent there.
 */
export function demoEnvironment(addresses: DemoAddresses): DemoEnvironment {
  const {
    databaseUrl,
    temporalAddress,
    uiUrl,
    syncKey,
    gatewayPort,
    gatewayToken,
    targets,
    sweepCron = SWEEP_CRON,
  } = addresses;
  const names = knownSettings().flatMap((name) => (name.endsWith('_FILE') ? [name] : [name, `${name}_FILE`]));
  const empty = Object.fromEntries(names.map((name) => [name, '']));
  const crons = TARGETS.filter(({ process }) => targets.has(process.name)).flatMap(({ process }) =>
    process.directions.map((direction) => [`SYNC_CRON_${process.name}_${direction.toUpperCase()}`, sweepCron]),
  );
  return {
    ...empty,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: 'default',
    TEMPORAL_UI_URL: uiUrl,
    SYNC_KEY: syncKey,
    GATEWAY_PORT: String(gatewayPort),
    GATEWAY_TOKENS: `demo:${gatewayToken}`,
    LOG_LEVEL: 'info',
    ...Object.fromEntries(crons),
    ...Object.assign({}, ...targets.values()),
  };
}

/** As lines that a shell can source. */
export function shellLines(environment: DemoEnvironment): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join('');
}
