import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  type WorkflowBundleOption,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';

/**
 * The file that the environment variable WORKFLOW_BUNDLE names, or else a new bundle. Tests start many workers of the same
 * code and pass them one file; it must be made from the code that the workers run.
 */
export async function workflowBundle(): Promise<WorkflowBundleOption> {
  const codePath = process.env['WORKFLOW_BUNDLE'];
  return codePath === undefined ? createWorkflowBundle() : { codePath };
}

/** The workflows as one script, made straight from TypeScript. Takes a few seconds; workers of one process share it. */
export function createWorkflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  });
}
