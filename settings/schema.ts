import { z } from 'zod';

const DAY_MS = 86_400_000;
const optionalPort = z.coerce.number({ error: 'must be a port number' }).int().min(0).max(65_535).optional();

/** Settings of the engine itself; each target adds its own (targets/<name>/settings.ts). `.env.example` explains them. */
export const commonSettings = z.object({
  DATABASE_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error: "must be the address of EMS's PostgreSQL, for example postgres://ems_sync@db:5432/ems",
  }),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/:]+:\d+$/, { error: 'must be host:port, without http://' })
    .default('localhost:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  TEMPORAL_TLS_CERT_FILE: z.string().min(1).optional(),
  TEMPORAL_TLS_KEY_FILE: z.string().min(1).optional(),
  TEMPORAL_TLS_CA_FILE: z.string().min(1).optional(),
  TEMPORAL_UI_URL: z
    .url({ protocol: /^https?$/, error: "must be the http(s) address of Temporal's Web UI, without /namespaces" })
    .default('http://localhost:8233'),
  SETTLE_MS: z.coerce
    .number({ error: 'must be a number of milliseconds' })
    .int()
    .min(0)
    .max(DAY_MS, { error: 'must be at most a day' })
    .default(1_000),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
      error: 'must be trace, debug, info, warn, error or silent',
    })
    .default('info'),
  METRICS_PORT: optionalPort,
});

export type CommonSettings = z.infer<typeof commonSettings>;
