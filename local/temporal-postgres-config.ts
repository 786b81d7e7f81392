/** Ports of one server process that runs all of Temporal's services. */
export interface ServerPorts {
  readonly frontend: number;
  readonly frontendHttp: number;
  readonly history: number;
  readonly matching: number;
  readonly worker: number;
  /** For the services among themselves, in the order of the four above. */
  readonly membership: readonly [number, number, number, number];
}

export interface ServerConfigOptions {
  readonly ports: ServerPorts;
  readonly postgres: { readonly port: number; readonly user: string; readonly password: string };
  readonly dynamicConfigFile: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

export const DATABASES = { default: 'temporal', visibility: 'temporal_visibility' } as const;

/** Fixed when the databases are created. The same as in docker-compose.yml. */
const HISTORY_SHARDS = 128;

/** Connections in each service's pools. There are four services. */
const CONNECTIONS = { default: 15, visibility: 5 } as const;

/** The static configuration of `temporal-server start` on 127.0.0.1: all services in one process, everything in PostgreSQL. */
export function serverConfig({ ports, postgres, dynamicConfigFile, logLevel }: ServerConfigOptions) {
  const store = (name: keyof typeof DATABASES) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName: DATABASES[name],
      connectAddr: `127.0.0.1:${postgres.port}`,
      connectProtocol: 'tcp',
      user: postgres.user,
      password: postgres.password,
      maxConns: CONNECTIONS[name],
      maxIdleConns: CONNECTIONS[name],
      maxConnLifetime: '1h',
    },
  });
  const service = (index: 0 | 1 | 2 | 3, grpcPort: number, more = {}) => ({
    rpc: { grpcPort, membershipPort: ports.membership[index], bindOnLocalHost: true, ...more },
  });
  return {
    log: { stdout: true, level: logLevel },
    persistence: {
      numHistoryShards: HISTORY_SHARDS,
      defaultStore: 'default',
      visibilityStore: 'visibility',
      datastores: { default: store('default'), visibility: store('visibility') },
    },
    global: { membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' } },
    services: {
      frontend: service(0, ports.frontend, { httpPort: ports.frontendHttp }),
      history: service(1, ports.history),
      matching: service(2, ports.matching),
      worker: service(3, ports.worker),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: {
          enabled: true,
          initialFailoverVersion: 1,
          rpcName: 'frontend',
          rpcAddress: `127.0.0.1:${ports.frontend}`,
          httpAddress: `127.0.0.1:${ports.frontendHttp}`,
        },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    dynamicConfigClient: { filepath: dynamicConfigFile, pollInterval: '10s' },
  };
}

/** The configuration of `ui-server start` on 127.0.0.1. */
export function uiConfig(port: number, temporalAddress: string) {
  return {
    temporalGrpcAddress: temporalAddress,
    host: '127.0.0.1',
    port,
    enableUi: true,
    defaultNamespace: 'default',
    notifyOnNewVersion: false,
    hideLogs: true,
    // The pages are served over plain HTTP, where browsers drop secure cookies.
    cors: { cookieInsecure: true, allowOrigins: [`http://127.0.0.1:${port}`] },
  };
}
