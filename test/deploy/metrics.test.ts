import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { projectFolder } from '../../local/folders.ts';
import { readRules } from '../prometheus/alert-rules.ts';
import { runPromtool } from '../prometheus/promtool.ts';
import { readRuleTests, runRuleTest } from '../prometheus/rule-tests.ts';
import { readServices } from './compose-file.ts';

const deployed = (file: string) => readFileSync(join(projectFolder, 'deploy', file), 'utf8');

interface Panel {
  readonly title: string;
  readonly description: string;
  readonly gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>;
  readonly targets: readonly { readonly expr: string }[];
}

const rules = readRules();
const dashboard = JSON.parse(deployed('grafana/ems-sync.json')) as {
  readonly uid: string;
  readonly panels: readonly Panel[];
};

const sourceOf = (room: string) =>
  readdirSync(join(projectFolder, room), { encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(projectFolder, room, file), 'utf8'))
    .join('\n');

/** What workers serve. */
const SERVED = new Set([...`${sourceOf('workers')}${sourceOf('workflows')}`.matchAll(/ems_sync_\w+/g)].map(String));

const ruleTests = readRuleTests(deployed('prometheus/alerts.test.yml'));

const LABELS = 'process type state direction ended result outcome le alertname'.split(' ');

const expressions: [string, string][] = [
  ...rules.map(({ alert, expr }): [string, string] => [alert, expr]),
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }): [string, string] => [title, expr])),
];

describe('alerts and dashboard', () => {
  test.each(expressions)('%s reads only metrics that workers serve, by labels that they have', (_name, expr) => {
    const names = [...expr.matchAll(/ems_sync_\w+/g)].map(([name]) => name.replace(/_(?:count|bucket)$/, ''));
    expect(names.filter((name) => !SERVED.has(name))).toEqual([]);
    const labels = [...expr.matchAll(/(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/,\s*/));
    expect(labels.filter((label) => !LABELS.includes(label))).toEqual([]);
    expect(expr.split('(').length).toBe(expr.split(')').length);
  });

  test.each(rules)('$alert waits before it fires and before it ends, and says what to do', (rule) => {
    expect([rule.for, rule.keep_firing_for]).toEqual([
      expect.stringMatching(/^\d+m$/),
      expect.stringMatching(/^\d+m$/),
    ]);
    expect(rule.labels['severity']).toMatch(/^(?:critical|warning)$/);
    expect(rule.annotations['summary']).toBeDefined();
    expect(rule.annotations['description']).toBeDefined();
  });

  test('every metric of ours is explained in docs/operating.md', () => {
    const page = readFileSync(join(projectFolder, 'docs', 'operating.md'), 'utf8');
    expect([...SERVED].filter((name) => !page.includes(name))).toEqual([]);
    for (const { alert } of rules) expect(page).toContain(alert);
  });

  test.each(ruleTests)('$name: the alerts do as their test says', (one) => {
    const checked = runRuleTest(rules, one);
    expect(checked.length).toBeGreaterThan(0);
    for (const { what, expected, found } of checked) expect([what, ...found]).toEqual([what, ...expected]);
  });

  test('each alert has a test; promtool finds the same, where it is installed', () => {
    const text = JSON.stringify(ruleTests);
    expect(rules.filter(({ alert }) => !text.includes(alert)).map(({ alert }) => alert)).toEqual([]);
    const run = runPromtool(['test', 'rules', 'alerts.test.yml']);
    if (run !== null) expect(run).toEqual({ status: 0, stdout: expect.stringContaining('SUCCESS'), stderr: '' });
  });

  test('the panels do not overlap', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });
});

test('Compose gives Prometheus the alerts, and Grafana the dashboard and where to ask', () => {
  const services = readServices();
  const mounts = (name: string) =>
    new Map((services.get(name)?.volumes ?? []).map((one) => one.split(':').slice(0, 2) as [string, string]));
  const config = parse(deployed('prometheus.yml')) as { readonly rule_files: readonly string[] };
  expect(config.rule_files).toEqual([mounts('prometheus').get('./deploy/prometheus/alerts.yml')]);
  expect(services.get('grafana')?.profiles).toEqual(['metrics']);
  const provisioned = parse(deployed('grafana/provisioning/dashboards/ems-sync.yml')) as {
    readonly providers: readonly { readonly options: { readonly path: string } }[];
  };
  const [folder] = provisioned.providers.map(({ options }) => options.path);
  expect(mounts('grafana').get('./deploy/grafana/ems-sync.json')).toBe(`${folder}/ems-sync.json`);
  expect(mounts('grafana').get('./deploy/grafana/provisioning')).toBe('/etc/grafana/provisioning');
  const { datasources } = parse(deployed('grafana/provisioning/datasources/prometheus.yml')) as {
    readonly datasources: readonly { readonly uid: string; readonly url: string }[];
  };
  expect(datasources).toMatchObject([{ uid: 'prometheus', url: 'http://prometheus:9090' }]);
});
