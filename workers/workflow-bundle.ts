import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  type WorkflowBundleOption,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { FAILURE_CONVERTER_PATH } from '../settings/data-converter.ts';

export interface BundleOptions {
  /** Whether workflows move the text of failures into payloads, for the codec to encrypt. */
  readonly encodeFailures: boolean;
  /** Modules of workflow interceptors. */
  readonly interceptors: readonly string[];
}

/**
 * @returns the file named by the environment variable WORKFLOW_BUNDLE, or a new bundle. Tests start many workers with the same
 * code and share one file; it must be built from the workers' code.
 */
export async function workflowBundle({ encodeFailures, interceptors }: BundleOptions): Promise<WorkflowBundleOption> {
  const codePath = process.env['WORKFLOW_BUNDLE'];
  // The file encodes no failures and has no interceptors.
  if (codePath !== undefined && !encodeFailures && interceptors.length === 0) return { codePath };
  return createWorkflowBundle({ encodeFailures, interceptors });
}

/** Bundles the workflows from TypeScript into one script. Takes a few seconds; the workers of one process share it. */
export function createWorkflowBundle({
  encodeFailures = false,
  interceptors = [],
}: Partial<BundleOptions> = {}): Promise<WorkflowBundleWithSourceMap> {
  const workflowsPath = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
  return bundleWorkflowCode({
    workflowsPath,
    // Our modules hold no state, so all runs of a worker share them: otherwise each run would load them anew.
    preloadModules: [workflowsPath],
    workflowInterceptorModules: [...interceptors],
    ...(encodeFailures ? { failureConverterPath: FAILURE_CONVERTER_PATH } : {}),
    logger: new DefaultLogger('WARN'),
  });
}
