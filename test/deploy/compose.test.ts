import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { DCLinter } from 'dclint';
import { parse } from 'yaml';
import { projectFolder } from '../../local/folders.ts';
import { DYNAMIC_CONFIG_FILE } from '../../local/temporal-postgres.ts';
import { serverConfig } from '../../local/temporal-postgres-config.ts';
import { TEMPORAL_SERVER_VERSION, TEMPORAL_UI_VERSION } from '../../local/temporal-server-programs.ts';
import { isSettingOf } from '../../settings/programs.ts';
import { knownSettings, readSettings } from '../../settings/read-settings.ts';
import { spawnSimulator } from '../../simulators/kit/spawn-simulator.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { temporaryFolder } from '../local/temporary-folder.ts';
import { COMPOSE_FILE, isDemo, isJob, readEnvFile, readNetworks, readServices } from './compose-file.ts';

const services = readServices();
const every = [...services];
const ours = every.filter(([, { build }]) => build !== undefined);
const folder = temporaryFolder();

/** Our settings, and variables that compose or the simulators read. */
const OTHER_NAMES = ['SIMULATOR_HOST', 'TEMPORAL_DB_PASSWORD', 'MIGRATE_DATABASE_URL'];
const known = new Set([...knownSettings().flatMap((name) => [name, `${name}_FILE`]), ...OTHER_NAMES]);

/** Fixed inside a container, or different for each. */
const OF_THE_CONTAINER: ReadonlySet<string> = new Set([
  'DATABASE_URL',
  'TEMPORAL_ADDRESS',
  'GATEWAY_PORT',
  'LISTENER_PORT',
  'METRICS_PORT',
  'HEALTH_PORT',
]);

const DEMO_TARGETS = ['TAGSERVER', 'CHATWOOT', 'MAUTIC', 'MAILCHIMP'] as const;

/** Validates against the Compose schema and common mistakes; the order of keys is our own. */
function findings(file: string): string[] {
  const inOurOrder = [
    'services-alphabetical-order',
    'service-keys-order',
    'service-dependencies-alphabetical-order',
    'top-level-properties-order',
  ];
  const rules = Object.fromEntries(inOurOrder.map((rule) => [rule, 0 as const]));
  const linter = new DCLinter({ rules, quiet: false, debug: false, exclude: [] });
  // Its type declarations name files without extension, which Node's resolution does not find.
  const results = linter.lintFiles([file], false) as readonly { readonly messages: readonly { message: string }[] }[];
  return results.flatMap(({ messages }) => messages.map(({ message }) => message));
}

describe('docker-compose.yml', () => {
  test('is what the Compose specification takes, and the linter finds nothing', () => {
    expect(findings(COMPOSE_FILE)).toEqual([]);
  });

  test.each([
    ['a key that there is not', 'init: true', 'initialise: true', /initialise|additional/i],
    ['an image without a version', 'image: postgres:17.6', 'image: postgres', /tag/],
    ['a port that is open to everybody', "'127.0.0.1:${TEMPORAL_PORT:-7233}:7233'", "'7233:7233'", /interface/],
  ])('with %s it would be refused', (_what, from, to, reason) => {
    const spoilt = join(folder, 'docker-compose.yml');
    const text = readFileSync(COMPOSE_FILE, 'utf8');
    expect(text).toContain(from);
    writeFileSync(spoilt, text.replace(from, to));
    expect(findings(spoilt).join('\n')).toMatch(reason);
  });

  test.each(every)('%s is of a fixed version, or built here', (_name, { image, build }) => {
    if (build === undefined) expect(image).toMatch(/^[a-z0-9/-]+:v?\d+\.\d+[\w.-]*(@sha256:[0-9a-f]{64})?$/);
    else expect(readFileSync(join(projectFolder, 'Dockerfile'), 'utf8')).toContain(` AS ${build.target}\n`);
  });

  test.each(every.filter(([, service]) => !isJob(service) && service.command.join(' ').match(/ change /) === null))(
    '%s is started again, and probed',
    (_name, { restart, healthcheck }) => {
      expect(restart).toBe('unless-stopped');
      expect(healthcheck?.test.length).toBeGreaterThan(1);
    },
  );

  test.each(every.filter(([, service]) => isJob(service)))('%s is waited for until it has ended well', (name) => {
    const waiting = every.flatMap(([, { depends_on: on }]) => on[name]?.condition ?? []);
    expect(new Set(waiting)).toEqual(new Set(['service_completed_successfully']));
  });

  test('who is waited for is there, and a demo that is off holds up nobody', () => {
    for (const [, service] of every) {
      for (const [name, { required = true }] of Object.entries(service.depends_on)) {
        const other = services.get(name);
        expect(other).toBeDefined();
        if (other !== undefined && isDemo(other) && !isDemo(service)) expect(required).toBe(false);
      }
    }
  });

  test('has all that a deployment needs; listener and metrics only for who wants them', () => {
    const needed = ['temporal-database', 'temporal-schema', 'temporal', 'temporal-ui', 'setup', 'workers', 'gateway'];
    for (const name of needed) expect([name, services.get(name)?.profiles]).toEqual([name, []]);
    expect(services.get('listener')?.profiles).toContain('listener');
    expect(services.get('prometheus')?.profiles).toEqual(['metrics']);
  });

  test('workers can be several', () => {
    const workers = services.get('workers');
    expect(workers?.ports).toEqual([]);
    expect(workers?.container_name).toBeUndefined();
  });

  test.each(ours)('%s has more than the 20 s that workers take to finish their calls', (_name, service) => {
    expect(Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '')?.[1])).toBeGreaterThan(20);
  });

  test.each(ours)('every setting of %s is one that the schema knows', (_name, { environment }) => {
    expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
  });

  test.each(every.filter(([, service]) => !isDemo(service)))(
    '%s has no password by default',
    (_name, { environment }) => {
      const secrets = Object.entries(environment).filter(([name]) =>
        /PASSWORD|PWD|TOKEN|SECRET|KEY|DATABASE_URL/.test(name),
      );
      // Empty unless set, or required with a message that says what to do; another variable may come first.
      for (const [, value] of secrets)
        expect(value).toMatch(/^\$\{\w+:-\}$|^\$\{(\w+:-\$\{)?\w+:\?set \w+ in \.env[^}]*\}+$/);
    },
  );

  test('who can see the password of the Temporal database is Temporal alone', () => {
    for (const [, { environment }] of ours) expect(environment).not.toHaveProperty('TEMPORAL_DB_PASSWORD');
  });

  test.each(every)('%s gets no whole file of settings', (_name, service) => {
    expect(service.env_file).toEqual([]);
  });

  test.each([
    ['gateway', 'gateway'],
    ['listener', 'listener'],
    ['workers', 'worker'],
  ] as const)('%s gets its own settings, all of them and no others', (name, program) => {
    const own = knownSettings().filter((setting) => isSettingOf(program, setting));
    expect(Object.keys(services.get(name)?.environment ?? {}).toSorted()).toEqual(own.toSorted());
  });

  test('the set-up, whose command line checks everything, gets every setting', () => {
    expect(Object.keys(services.get('setup')?.environment ?? {}).toSorted()).toEqual(knownSettings().toSorted());
  });

  test('each value is the variable of the same name, so that .env is all there is to fill in', () => {
    for (const name of ['gateway', 'listener', 'workers', 'setup'])
      for (const [setting, value] of Object.entries(services.get(name)?.environment ?? {}))
        if (!OF_THE_CONTAINER.has(setting)) expect([setting, value]).toEqual([setting, `\${${setting}:-}`]);
  });

  test.each(['gateway', 'listener'])('%s may have a database login of its own', (name) => {
    const url = services.get(name)?.environment['DATABASE_URL'];
    expect(url).toBe(`\${${name.toUpperCase()}_DATABASE_URL:-\${DATABASE_URL:?set DATABASE_URL in .env}}`);
  });

  test('each program has a network of its own, and meets no other program there', () => {
    const programs = ['setup', 'workers', 'gateway', 'listener'];
    for (const name of programs) {
      expect(services.get(name)?.networks).toContain(name);
      for (const other of programs.filter((one) => one !== name))
        expect(services.get(other)?.networks).not.toContain(name);
      expect(services.get('temporal')?.networks).toContain(name);
    }
    for (const [name, { networks }] of every) expect([name, networks.length > 0]).toEqual([name, true]);
  });

  test('the database of Temporal is reached by Temporal alone, and reaches nothing outside', () => {
    const there = every.filter(([, { networks }]) => networks.includes('temporal-database')).map(([name]) => name);
    expect(there).toEqual(['temporal-database', 'temporal-schema', 'temporal']);
    expect(services.get('temporal-database')?.networks).toEqual(['temporal-database']);
    expect(readNetworks().get('temporal-database')).toEqual({ internal: true });
    const named = new Set(every.flatMap(([, { networks }]) => networks));
    expect([...readNetworks().keys()].toSorted()).toEqual([...named].toSorted());
  });

  test.each(every)('the files that %s names are there', (_name, { command, healthcheck, volumes }) => {
    const words = [...command, ...(healthcheck?.test ?? [])].flatMap((text) => text.split(/\s+/));
    const programs = words.filter((word) => /^[a-z]+\/[\w/.-]+\.(ts|mjs)$/.test(word));
    if (ours.some(([name]) => name === _name)) expect(programs).not.toEqual([]);
    const mounted = volumes.map((volume) => volume.split(':')[0] ?? '').filter((path) => path.startsWith('./'));
    for (const path of [...programs, ...mounted]) expect(existsSync(join(projectFolder, path))).toBe(true);
  });

  test('probes ask addresses that the program serves', () => {
    const port = (name: string) => services.get(name)?.healthcheck?.test.at(-1);
    expect(port('workers')).toContain(`:${services.get('workers')?.environment['HEALTH_PORT']}/health/ready`);
    expect(port('gateway')).toContain(`:${services.get('gateway')?.environment['GATEWAY_PORT']}/health/ready`);
  });
});

/** An image without its digest. */
const tagOf = (image: string | undefined) => image?.split('@')[0];

describe('the Temporal server of docker-compose.yml', () => {
  const server = services.get('temporal');

  test('is of the versions that the demo runs with --temporal postgres', () => {
    expect(tagOf(server?.image)).toBe(`temporalio/server:${TEMPORAL_SERVER_VERSION}`);
    expect(services.get('temporal-schema')?.image).toMatch(`temporalio/admin-tools:${TEMPORAL_SERVER_VERSION}-`);
    expect(tagOf(services.get('temporal-ui')?.image)).toBe(`temporalio/ui:${TEMPORAL_UI_VERSION}`);
  });

  test('has the same dynamic configuration, shards and pools', () => {
    const inContainer = server?.environment['DYNAMIC_CONFIG_FILE_PATH'];
    const [mounted] = server?.volumes ?? [];
    expect(mounted).toBe(`./deploy/temporal/dynamic-config.yaml:${inContainer}:ro`);
    expect(DYNAMIC_CONFIG_FILE).toBe(join(projectFolder, 'deploy', 'temporal', 'dynamic-config.yaml'));
    const { persistence } = serverConfig({
      ports: { frontend: 1, frontendHttp: 2, history: 3, matching: 4, worker: 5, membership: [6, 7, 8, 9] },
      postgres: { port: 10, user: 'temporal', password: 'secret' },
      dynamicConfigFile: DYNAMIC_CONFIG_FILE,
      logLevel: 'warn',
    });
    const { default: main, visibility } = persistence.datastores;
    expect(server?.environment).toMatchObject({
      NUM_HISTORY_SHARDS: String(persistence.numHistoryShards),
      SQL_MAX_CONNS: String(main.sql.maxConns),
      SQL_VIS_MAX_CONNS: String(visibility.sql.maxConns),
    });
  });

  test('has the priorities of task queues that the development server has', () => {
    const values = parse(readFileSync(DYNAMIC_CONFIG_FILE, 'utf8')) as Record<string, readonly { value: unknown }[]>;
    for (const name of ['matching.useNewMatcher', 'matching.enableFairness'])
      expect(values[name]).toEqual([{ value: true }]);
  });
});

test('the settings of the demo profile are right, and switch on the targets that it has', () => {
  const demo = readEnvFile('deploy/demo.env');
  expect(Object.keys(demo).filter((name) => !known.has(name))).toEqual([]);
  const { enabled } = readSettings(demo);
  expect(new Set(enabled.map(({ target }) => target.process.name))).toEqual(new Set(DEMO_TARGETS));
  const database = new URL(demo['DATABASE_URL'] ?? '');
  expect(services.get(database.hostname)?.environment).toEqual({
    POSTGRES_DB: database.pathname.slice(1),
    POSTGRES_PASSWORD: database.password,
  });
});

test.each(DEMO_TARGETS)('the demo’s %s starts by its command, and lets us in by the settings', async (name) => {
  const demo = readEnvFile('deploy/demo.env');
  const { hostname, port } = new URL(demo[`${name}_URL`] ?? '');
  const { command = [], healthcheck } = services.get(hostname) ?? {};
  const [node, program = '', ...args] = command;
  expect([node, args.slice(0, 2)]).toEqual(['node', ['--port', port]]);
  const simulator = await spawnSimulator(pathToFileURL(join(projectFolder, program)), args.with(1, '0'));
  try {
    const probed = new URL(healthcheck?.test.at(-1) ?? '');
    expect(probed.port).toBe(port);
    expect((await fetch(new URL(probed.pathname, simulator.url))).status).toBe(200);
    const { common, enabled } = readSettings({ ...demo, [`${name}_URL`]: simulator.url });
    const [remote] = enabled
      .filter(({ target }) => target.process.name === name)
      .map(({ target, settings }) =>
        target.connect(settings, unlimitedConnections(common.CONSENT_POLICY, common.SYNC_KEY)),
      );
    expect(remote).toBeDefined();
    await remote?.probe();
    await remote?.shape?.create();
  } finally {
    await simulator.stop();
  }
});

test('Prometheus asks every worker, and the server, where they serve metrics', () => {
  const { scrape_configs: jobs } = parse(readFileSync(join(projectFolder, 'deploy', 'prometheus.yml'), 'utf8')) as {
    scrape_configs: readonly Record<string, unknown>[];
  };
  const metricsPort = Number(services.get('workers')?.environment['METRICS_PORT']);
  const serverPort = services.get('temporal')?.environment['PROMETHEUS_ENDPOINT']?.split(':')[1];
  expect(jobs).toMatchObject([
    { dns_sd_configs: [{ names: ['workers'], type: 'A', port: metricsPort }] },
    { static_configs: [{ targets: [`temporal:${serverPort}`] }] },
  ]);
});
