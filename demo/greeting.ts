import { describeStep, type Status } from '../clients/status.ts';
import type { DemoSystem } from './start-system.ts';

/** Where to look at a running demo, and how to work on it. */
export function greeting(system: DemoSystem, environmentFile: string): string {
  const { targets, databaseUrl, workersLog } = system;
  const workflows = workflowsUrl(system);
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

/** Mentions parked rows, which differ from EMS at their target or are missing there, and unlinked ones. */
export function everythingInStep(status: Pick<Status, 'inStep' | 'parked' | 'unlinked'>, after: string): string {
  return `Everything is ${describeStep(status)}, ${after} after the sweeps began.`;
}

/** What a newcomer should look at once the first load has arrived. */
export function whatToLookAt(
  system: DemoSystem,
  status: Pick<Status, 'inStep' | 'parked' | 'unlinked'>,
  after: string,
): string {
  return [
    '',
    `${everythingInStep(status, after)} What to look at first:`,
    `  1. ${workflowsUrl(system)}`,
    '     One workflow for each pair of process and row, named after it (TAGSERVER/Person/12), and one for each sweep.',
    '  2. The lines "… holds" above: the content of each simulated target. Compare a record with its row in EMS.',
    '  3. The line "Commands" above: counts of each process and type. "npx ems-sync why Person 12" explains one row.',
    '',
  ].join('\n');
}

function workflowsUrl({ settings: { common } }: DemoSystem): string {
  return `${common.TEMPORAL_UI_URL}/namespaces/${common.TEMPORAL_NAMESPACE}/workflows`;
}
