import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { dataConverterOf } from '../../settings/data-converter.ts';
import { createWorkflowBundle } from '../../workers/workflow-bundle.ts';
import { WORKFLOW_TRACES } from '../../workers/tracing.ts';
import * as workflows from '../../workflows/index.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
const historyOf = (file: string) => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'));
const typeOf = (file: string): string =>
  historyOf(file).events[0].workflowExecutionStartedEventAttributes.workflowType.name;

/** Workflows hand their traces to this sink. */
const NO_TRACES = { exporter: { export: { fn() {} } } };

let bundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  bundle = await createWorkflowBundle();
});

async function replay(workflowBundle: WorkflowBundleWithSourceMap, file: string): Promise<Error | undefined> {
  for await (const { error } of Worker.runReplayHistories(
    { workflowBundle, dataConverter: dataConverterOf({ TEMPORAL_CODEC_KEY: undefined }), sinks: NO_TRACES },
    [{ workflowId: file, history: historyOf(file) }],
  )) {
    return error;
  }
  throw new Error(`${file} was not replayed`);
}

describe('replay', () => {
  test('every workflow type has recorded histories (npm run histories records them anew)', () => {
    expect(new Set(files.map(typeOf))).toEqual(new Set(Object.keys(workflows)));
  });

  test.each(files)('%s replays', async (file) => {
    expect(await replay(bundle, file)).toBeUndefined();
  });

  test('all replay where traces have been switched on since, and the other way round', async () => {
    const traced = await createWorkflowBundle({ interceptors: [WORKFLOW_TRACES] });
    for (const file of files) expect([file, await replay(traced, file)]).toEqual([file, undefined]);
  });

  test('workflows that were changed incompatibly fail to replay: the check can fail', async () => {
    const incompatible = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('./incompatible-workflows.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR'),
    });
    for (const file of ['sweep-outbound-first-load.json', 'sync-entity-created.json']) {
      expect(String(await replay(incompatible, file))).toMatch(/nondeterminism|determinism/i);
    }
  });
});

describe('workflow bundle', () => {
  /** One zod schema costs 1.1 MB per cached workflow, and MikroORM would be bundled without a warning. */
  test('holds no module that workflow code must not load, and stays small', () => {
    const modules = [...bundle.code.matchAll(/\/node_modules\/((?:@[\w.-]+\/)?[\w.-]+)\//g)].map(([, name]) => name);
    const forbidden = ['zod', 'got', 'pg', 'kysely', 'fastify', 'pino', '@mikro-orm/core', '@mikro-orm/postgresql'];
    expect(modules).toContain('@temporalio/workflow');
    expect(modules.filter((name) => forbidden.includes(name ?? ''))).toEqual([]);
    expect(bundle.code).not.toMatch(/\.\/(database|targets|settings|clients)\//);
    expect(bundle.code.length).toBeLessThan(2_500_000);
  });
});
