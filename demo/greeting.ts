import type { DemoSystem } from './start-system.ts';

/** Where to look at a running demo, and how to work on it. */
export function greeting(system: DemoSystem, environmentFile: string): string {
  const { settings, targets, databaseUrl, workersLog } = system;
  const workflows = `${settings.common.TEMPORAL_UI_URL}/namespaces/${settings.common.TEMPORAL_NAMESPACE}/workflows`;
  const lines = [
    ['Web UI', workflows],
    ...[...targets.keys()].map((name) => [
      `  ${name}`,
      `${workflows}?query=${encodeURIComponent(`SyncProcess="${name}"`)}`,
    ]),
    ...[...targets].map(([name, target]) => [`${name} holds`, target.stateUrl]),
    ['EMS', `psql ${databaseUrl}`],
    ["Workers' log", workersLog],
    ['Commands', `set -a; . ${environmentFile}; set +a; npx ems-sync status`],
  ];
  const width = Math.max(...lines.map(([name = '']) => name.length));
  return ['', ...lines.map(([name = '', value = '']) => `${name.padEnd(width)}  ${value}`), ''].join('\n');
}
