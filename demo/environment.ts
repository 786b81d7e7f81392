import { knownSettings } from '../settings/read-settings.ts';
import { TARGETS } from '../targets/index.ts';
import type { SyncProcessName } from '../sync/sync-process-name.ts';

export type DemoEnvironment = Readonly<Record<string, string>>;

/** Seconds first: every five of them, so that nobody waits for a minute to see a change arrive. */
const SWEEP_CRON = '*/5 * * * * * *';

export interface DemoAddresses {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly uiUrl: string;
  /** The setting SYNC_KEY: of one demo alone. */
  readonly syncKey: string;
  /** Of the gateway, which listens on it if any target tells it anything. */
  readonly gatewayPort: number;
  /** Whoever shows it may ask the gateway for runs. */
  readonly gatewayToken: string;
  /** What each simulated target needs to be reached. */
  readonly targets: ReadonlyMap<SyncProcessName, DemoEnvironment>;
  /** Default: every five seconds. */
  readonly sweepCron?: string | undefined;
}

/**
 * The settings of everything that works on this demo. All others are empty, which counts as not set: what `.env` or the
 * shell say about real systems must not reach a demo, or its invented persons would reach those systems.
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
    GATEWAY_TOKENS: gatewayToken,
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
