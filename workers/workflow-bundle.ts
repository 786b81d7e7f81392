import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  type WorkflowBundleOption,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';

/**
 * The file named by the environment variable WORKFLOW_BUNDLE, or a new bundle. Tests start many workers with the same
 * code and share one file; it must be built from the workers' code.
 */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  const codePath = process.env['WORKFLOW_BUNDLE'];
  return codePath === undefined ? createWorkflowBundle() : { codePath };
}

/** Bundles the workflows from TypeScript into one script. Takes a few seconds; the workers of one process share it. */
export function createWorkflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
}
