import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { projectFolder } from '../../local/folders.ts';
import { isSettingOf } from '../../settings/programs.ts';
import { knownSettings } from '../../settings/read-settings.ts';
import { SYNC_PROCESS_NAMES } from '../../sync/sync-process-name.ts';
import { syncTaskQueue, targetTaskQueue } from '../../sync/workflow-ids.ts';

const FOLDER = join(projectFolder, 'deploy', 'kubernetes');

const labels = z.record(z.string(), z.string());

const probe = z.strictObject({
  httpGet: z.strictObject({ path: z.string(), port: z.string() }),
  periodSeconds: z.int(),
  timeoutSeconds: z.int().optional(),
  failureThreshold: z.int().optional(),
});

const container = z.looseObject({
  name: z.string(),
  image: z.literal('ems-sync'),
  command: z.array(z.string()),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })).default([]),
  envFrom: z.array(
    z.union([
      z.strictObject({ configMapRef: z.strictObject({ name: z.string() }) }),
      z.strictObject({ secretRef: z.strictObject({ name: z.string() }) }),
    ]),
  ),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.int() })).default([]),
  startupProbe: probe.optional(),
  livenessProbe: probe.optional(),
  readinessProbe: probe.optional(),
  resources: z.strictObject({
    requests: z.strictObject({ cpu: z.string(), memory: z.string() }),
    limits: z.strictObject({ memory: z.string() }),
  }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.tuple([z.literal('ALL')]) }),
  }),
});

const podTemplate = z.looseObject({
  metadata: z.looseObject({ labels }),
  spec: z.looseObject({
    automountServiceAccountToken: z.literal(false),
    securityContext: z.looseObject({ runAsNonRoot: z.literal(true) }),
    containers: z.tuple([container]),
    terminationGracePeriodSeconds: z.int().optional(),
  }),
});

const base = { apiVersion: z.string(), metadata: z.looseObject({ name: z.string() }) };
const resource = z.discriminatedUnion('kind', [
  z.strictObject({ ...base, kind: z.literal('Namespace') }),
  z.strictObject({ ...base, kind: z.literal('Job'), spec: z.looseObject({ template: podTemplate }) }),
  z.strictObject({
    ...base,
    kind: z.literal('Deployment'),
    spec: z.looseObject({ selector: z.strictObject({ matchLabels: labels }), template: podTemplate }),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('PodDisruptionBudget'),
    spec: z.strictObject({ maxUnavailable: z.literal(1), selector: z.strictObject({ matchLabels: labels }) }),
  }),
  z.strictObject({ ...base, kind: z.literal('Service'), spec: z.looseObject({ selector: labels }) }),
  z.strictObject({
    ...base,
    kind: z.literal('NetworkPolicy'),
    spec: z.strictObject({
      podSelector: z.strictObject({ matchLabels: labels.optional() }),
      policyTypes: z.array(z.enum(['Ingress', 'Egress'])),
      ingress: z
        .array(z.strictObject({ ports: z.array(z.strictObject({ protocol: z.string(), port: z.int() })) }))
        .optional(),
      egress: z
        .array(z.strictObject({ ports: z.array(z.strictObject({ protocol: z.string(), port: z.int() })) }))
        .optional(),
    }),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('ScaledObject'),
    spec: z.looseObject({
      scaleTargetRef: z.strictObject({ name: z.string() }),
      minReplicaCount: z.int(),
      triggers: z.array(
        z.strictObject({
          type: z.literal('temporal'),
          metadata: z.strictObject({
            endpoint: z.string(),
            namespace: z.string(),
            taskQueue: z.string(),
            queueTypes: z.enum(['workflow', 'activity', 'workflow,activity']),
            targetQueueSize: z.string().regex(/^\d+$/),
          }),
        }),
      ),
    }),
  }),
]);
type Kind = z.infer<typeof resource>['kind'];

const kustomization = z
  .looseObject({
    resources: z.array(z.string()),
    configMapGenerator: z.array(z.strictObject({ name: z.string(), literals: z.array(z.string()) })),
    images: z.array(z.looseObject({ name: z.literal('ems-sync') })),
  })
  .parse(parse(readFileSync(join(FOLDER, 'kustomization.yaml'), 'utf8')));

const resources = kustomization.resources.flatMap((file) =>
  parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map((document) => resource.parse(document.toJS())),
);

const ofKind = <K extends Kind>(kind: K) =>
  resources.filter((one): one is Extract<z.infer<typeof resource>, { kind: K }> => one.kind === kind);

const deployments = ofKind('Deployment');
const pods = [...deployments, ...ofKind('Job')].map(({ metadata, spec }) => ({
  name: metadata.name,
  template: spec.template,
  container: spec.template.spec.containers[0],
}));
const podNamed = (name: string) => pods.find((one) => one.name === name)!;

/** The pods that a selector finds. */
const selected = (wanted: Readonly<Record<string, string>> = {}) =>
  pods.filter(({ template }) =>
    Object.entries(wanted).every(([label, value]) => template.metadata.labels[label] === value),
  );

const PROGRAMS = [
  ['workers', 'worker', 'HEALTH_PORT', 'workers/main.ts'],
  ['gateway', 'gateway', 'GATEWAY_PORT', 'clients/gateway.ts'],
  ['listener', 'listener', 'LISTENER_PORT', 'clients/listener.ts'],
] as const;

describe('deploy/kubernetes', () => {
  test('every file is a resource of the kustomization', () => {
    const files = readdirSync(FOLDER).filter((name) => name !== 'kustomization.yaml');
    expect(files.toSorted()).toEqual(kustomization.resources.toSorted());
  });

  test.each(PROGRAMS)('%s runs its program, with settings that are its own', (name, program, port, file) => {
    const { container } = podNamed(name);
    expect(container.command).toEqual(['node', file]);
    expect(existsSync(join(projectFolder, file))).toBe(true);
    const literals = kustomization.configMapGenerator.flatMap((map) => map.literals.map((one) => one.split('=')[0]));
    for (const setting of [...container.env.map((one) => one.name), ...literals]) {
      expect(knownSettings()).toContain(setting);
      expect([setting, isSettingOf(program, setting ?? '')]).toEqual([setting, true]);
    }
    expect(container.env.map((one) => one.name)).toContain(port);
  });

  test.each(PROGRAMS)('%s is asked for its health where it answers', (name, _program, port, _file) => {
    const { container } = podNamed(name);
    const asked = [container.startupProbe, container.livenessProbe, container.readinessProbe];
    expect(asked.map((one) => one?.httpGet.path)).toEqual(['/health/live', '/health/live', '/health/ready']);
    const served = readFileSync(join(projectFolder, 'clients', 'gateway', 'health.ts'), 'utf8');
    for (const one of asked) {
      expect(served).toContain(`'${one?.httpGet.path}'`);
      const number = container.ports.find((open) => open.name === one?.httpGet.port)?.containerPort;
      expect(String(number)).toBe(container.env.find((setting) => setting.name === port)?.value);
    }
  });

  test('workers have the time that they take to stop, on a busy day', () => {
    expect(podNamed('workers').template.spec.terminationGracePeriodSeconds).toBeGreaterThan(20);
  });

  test('the migration runs commands that there are', () => {
    const [shell, option, script = ''] = podNamed('migrate').container.command;
    expect([shell, option]).toEqual(['sh', '-ec']);
    for (const command of script.split(' && '))
      expect(command).toMatch(/^node clients\/cli\/main\.ts (migrate|schedules apply)$/);
  });

  test('each program has a secret of its own, and no secret is in the repository', () => {
    const secrets = pods.flatMap(({ container }) =>
      container.envFrom.flatMap((from) => ('secretRef' in from ? [from.secretRef.name] : [])),
    );
    expect(secrets.toSorted()).toEqual(pods.map(({ name }) => `ems-sync-${name}`).toSorted());
    const maps = pods.flatMap(({ container }) =>
      container.envFrom.flatMap((from) => ('configMapRef' in from ? [from.configMapRef.name] : [])),
    );
    expect(new Set(maps)).toEqual(new Set(kustomization.configMapGenerator.map(({ name }) => name)));
  });

  test('selectors find the pods that they are named after', () => {
    for (const { metadata, spec } of deployments)
      expect(selected(spec.selector.matchLabels).map(({ name }) => name)).toEqual([metadata.name]);
    for (const { metadata, spec } of ofKind('PodDisruptionBudget'))
      expect(selected(spec.selector.matchLabels).map(({ name }) => name)).toEqual([metadata.name]);
    for (const { metadata, spec } of ofKind('Service'))
      expect(selected(spec.selector).map(({ name }) => name)).toEqual([metadata.name]);
    expect(ofKind('PodDisruptionBudget').map(({ metadata }) => metadata.name)).toEqual(['workers', 'gateway']);
  });

  test('nothing is reached but what a policy names: ports that are open, of one program', () => {
    const policies = ofKind('NetworkPolicy');
    expect(policies[0]?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    for (const { metadata, spec } of policies.filter(({ spec: { ingress } }) => ingress !== undefined)) {
      const found = selected(spec.podSelector.matchLabels);
      expect(found.map(({ name }) => name)).toEqual([metadata.name]);
      const open = found.flatMap(({ container }) => container.ports.map(({ containerPort }) => containerPort));
      for (const { ports } of spec.ingress ?? []) for (const { port } of ports) expect(open).toContain(port);
    }
    const everybody = policies.find(({ metadata }) => metadata.name === 'servers');
    expect(selected(everybody?.spec.podSelector.matchLabels)).toHaveLength(pods.length);
  });

  test('workers follow the backlog of every queue, on the Temporal that they are given', () => {
    const [scaling] = ofKind('ScaledObject');
    expect(deployments.map(({ metadata }) => metadata.name)).toContain(scaling?.spec.scaleTargetRef.name);
    expect(scaling?.spec.minReplicaCount).toBeGreaterThan(0);
    const queue = syncTaskQueue('INSTALLATION');
    const queues = [queue, ...SYNC_PROCESS_NAMES.map((name) => targetTaskQueue(name, queue))];
    expect(scaling?.spec.triggers.map(({ metadata }) => metadata.taskQueue).toSorted()).toEqual(queues.toSorted());
    const given = kustomization.configMapGenerator.flatMap(({ literals }) => literals);
    for (const { metadata } of scaling?.spec.triggers ?? []) {
      expect(given).toContain(`TEMPORAL_ADDRESS=${metadata.endpoint}`);
      expect(given).toContain(`TEMPORAL_NAMESPACE=${metadata.namespace}`);
    }
    // A count of its own would fight with the scaler.
    expect(deployments.find(({ metadata }) => metadata.name === 'workers')?.spec).not.toHaveProperty('replicas');
  });
});
