import { createRequire } from 'node:module';
import type { InjectedSinks, WorkerOptions } from '@temporalio/worker';
import type { OpenTelemetrySinks } from '@temporalio/interceptors-opentelemetry';
import type { Logger } from 'pino';
import type { CommonSettings } from '../settings/schema.ts';

/** Traces of workflows and activities, sent to a collector by OpenTelemetry's protocol. */
export interface Tracing {
  /** Goes into the bundle of the workflows. */
  readonly workflowModules: readonly string[];
  /** Outermost, so that its spans have the mapped errors: those quote no row. */
  readonly activity: NonNullable<NonNullable<WorkerOptions['interceptors']>['activity']>[number];
  readonly sinks: InjectedSinks<OpenTelemetrySinks>;
  /** Sends what is left, for at most ten seconds. */
  stop(): Promise<void>;
}

/** The module with the interceptors of workflows. */
export const WORKFLOW_TRACES = createRequire(import.meta.url).resolve(
  '@temporalio/interceptors-opentelemetry/lib/workflow-interceptors',
);

const SERVICE = 'ems-sync-workers';

const STOP_WITHIN_MS = 10_000;

/**
 * Starts tracing if `OTEL_EXPORTER_OTLP_ENDPOINT` is set. Loads its packages only then. A collector that does not answer
 * costs spans and a warning, never work.
 */
export async function startTracing(
  { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers }: CommonSettings,
  log: Logger,
): Promise<Tracing | null> {
  if (endpoint === undefined) return null;
  const [api, { AsyncLocalStorageContextManager }, { OTLPTraceExporter }, { Resource }, sdk, interceptors] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace-base'),
      import('@temporalio/interceptors-opentelemetry'),
    ]);
  const warn = (message: string) => log.warn(`traces: ${message}`);
  api.diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} }, api.DiagLogLevel.WARN);
  const resource = new Resource({ 'service.name': SERVICE });
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces`, headers: headers ?? {} });
  const processor = new sdk.BatchSpanProcessor(exporter);
  const provider = new sdk.BasicTracerProvider({ resource, spanProcessors: [processor] });
  // Without a context manager, activities would not belong to the traces of their workflows.
  provider.register({ contextManager: new AsyncLocalStorageContextManager().enable() });
  return {
    workflowModules: [WORKFLOW_TRACES],
    activity: (context) => ({ inbound: new interceptors.OpenTelemetryActivityInboundInterceptor(context) }),
    sinks: { exporter: interceptors.makeWorkflowExporter(processor, resource) },
    async stop() {
      const flushed = provider.shutdown().catch((error: unknown) => warn(String(error)));
      await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, STOP_WITHIN_MS).unref())]);
      api.trace.disable();
      api.propagation.disable();
      api.context.disable();
    },
  };
}
