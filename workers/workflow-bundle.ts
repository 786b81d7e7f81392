import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  type WorkflowBundleOption,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { FAILURE_CONVERTER_PATH } from '../settings/data-converter.ts';

/**
 * @param encodeFailures whether workflows move the text of failures into payloads, for the codec to encrypt.
 * @returns the file named by the environment variable WORKFLOW_BUNDLE, or a new bundle. Tests start many workers with the same
 * code and share one file; it must be built from the workers' code.
 */
export async function workflowBundle(encodeFailures: boolean): Promise<WorkflowBundleOption> {
  const codePath = process.env['WORKFLOW_BUNDLE'];
  // The file encodes no failures.
  return codePath === undefined || encodeFailures ? createWorkflowBundle(encodeFailures) : { codePath };
}

/** Bundles the workflows from TypeScript into one script. Takes a few seconds; the workers of one process share it. */
export function createWorkflowBundle(encodeFailures = false): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)),
    ...(encodeFailures ? { failureConverterPath: FAILURE_CONVERTER_PATH } : {}),
    logger: new DefaultLogger('WARN'),
  });
}
