import { isIP } from 'node:net';
import { z } from 'zod';
import { codecKeys } from './codec-keys.ts';
import { namedTokens } from './named-tokens.ts';

const DAY_MS = 86_400_000;

/** 32 bytes in base64. */
const KEY = /^[A-Za-z0-9+/]{43}=$/;

/** Dots are left out because `.` and `..` are path segments with a meaning. */
const IN_A_PATH = /^[A-Za-z0-9_~-]{1,200}$/;

function wholeNumber(max: number, error: string) {
  return z.coerce.number({ error }).int({ error }).min(0, { error }).max(max, { error });
}

/** An address, or a network in CIDR notation. */
function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function webhookSecrets(where: string) {
  return z
    .string()
    .transform((text) => text.split(',').map((secret) => secret.trim()))
    .refine((secrets) => secrets.every((secret) => secret !== ''), {
      error: `must be the webhook's secret (${where}); several with commas between`,
    })
    .optional();
}

/** As OpenTelemetry has it: `name=value`, percent-encoded, with commas between. */
const otlpHeaders = z
  .string()
  .transform((text) => text.split(',').map((header) => header.trim()))
  .refine((headers) => headers.every((header) => /^[\w-]+=[^\s,]*$/.test(header) && canDecode(header)), {
    error: 'must be name=value, percent-encoded; several with commas between',
  })
  .transform((headers) =>
    Object.fromEntries(
      headers.map((header) => {
        const at = header.indexOf('=');
        return [header.slice(0, at), decodeURIComponent(header.slice(at + 1))];
      }),
    ),
  );

function canDecode(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const RETENTION = 'must be a whole number of days, 1 to 36500';
const SHARE = 'must be a percentage of one core, 1 to 100';

/** Settings of the engine itself; each target adds its own (targets/<name>/settings.ts). `.env.example` explains them. */
export const commonSettings = z.object({
  DATABASE_URL: z.url({
    protocol: /^postgres(ql)?$/,
    error: "must be the address of EMS's PostgreSQL, for example postgres://ems_sync@db:5432/ems",
  }),
  EMS_MODEL_FILE: z.string().min(1).optional(),
  TEMPORAL_ADDRESS: z
    .string()
    .regex(/^[^\s/:]+:\d+$/, { error: 'must be host:port, without http://' })
    .default('localhost:7233'),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
  TEMPORAL_API_KEY: z.string().min(1).optional(),
  TEMPORAL_TLS_CERT_FILE: z.string().min(1).optional(),
  TEMPORAL_TLS_KEY_FILE: z.string().min(1).optional(),
  TEMPORAL_TLS_CA_FILE: z.string().min(1).optional(),
  TEMPORAL_CODEC_KEY: codecKeys.optional(),
  TEMPORAL_UI_URL: z
    .url({ protocol: /^https?$/, error: "must be the http(s) address of Temporal's Web UI, without /namespaces" })
    .default('http://localhost:8233'),
  SETTLE_MS: wholeNumber(DAY_MS, `must be a whole number of milliseconds, at most a day (${DAY_MS})`).default(1_000),
  SYNC_FULL_EVERY: wholeNumber(10_080, 'must be a whole number of minutes, 0 (at every sweep) to 10080').default(60),
  SYNC_FULL_SHARE: wholeNumber(100, SHARE).min(1, SHARE).default(5),
  SYNC_STAMP_MARGIN: wholeNumber(86_400, 'must be a whole number of seconds, at most a day (86400)').default(600),
  SYNC_KEY: z
    .string()
    .transform((text) => text.split(',').map((key) => key.trim()))
    .refine((keys) => keys.every((key) => KEY.test(key)), {
      error: 'must be 32 random bytes in base64 (openssl rand -base64 32); several, newest first, with commas between',
    })
    .transform((keys) => keys.map((key) => new Uint8Array(Buffer.from(key, 'base64'))))
    .optional(),
  CONFLICT_SCOPE: z.enum(['entity', 'field'], { error: 'must be entity or field' }).default('entity'),
  CONSENT_POLICY: z.enum(['ratchet', 'ems-wins'], { error: 'must be ratchet or ems-wins' }).default('ratchet'),
  CONSENT_SCOPE: z.enum(['target', 'organisation'], { error: 'must be target or organisation' }).default('target'),
  SYNC_MISSING_LIMIT: wholeNumber(1_000_000, 'must be a number of records, 0 to 1000000').default(10),
  SYNC_MISSING_SHARE: wholeNumber(100, 'must be a percentage, 0 to 100').default(5),
  RETENTION_DAYS: z.coerce
    .number({ error: RETENTION })
    .int({ error: RETENTION })
    .min(1, { error: RETENTION })
    .max(36_500, { error: RETENTION })
    .default(180),
  JOURNAL_DAYS: wholeNumber(36_500, RETENTION).min(1, RETENTION).default(30),
  SYNC_DELETE_LIMIT: wholeNumber(1_000_000, 'must be a number of rows, 0 to 1000000').default(100),
  SYNC_DELETE_SHARE: wholeNumber(100, 'must be a percentage, 0 to 100').default(10),
  SYNC_UPDATE_LIMIT: wholeNumber(1_000_000, 'must be a number of rows, 0 to 1000000').default(1_000),
  SYNC_UPDATE_SHARE: wholeNumber(100, 'must be a percentage, 0 to 100').default(30),
  SYNC_BULK: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default('true')
    .transform((word) => word === 'true'),
  SYNC_PAGE_THRESHOLD: wholeNumber(1_000_000, 'must be a number of rows, 0 to 1000000; 0: never').default(200),
  GATEWAY_PORT: wholeNumber(65_535, 'must be a port number, 0 to 65535').default(8080),
  CHATWOOT_WEBHOOK_SECRET: webhookSecrets('ChatWoot tells it with the webhook'),
  MAUTIC_WEBHOOK_SECRET: webhookSecrets('Mautic shows it with the webhook'),
  MAILCHIMP_WEBHOOK_SECRET: webhookSecrets(
    'the end of the address that Mailchimp was given, or what it signs with',
  ).refine((secrets) => secrets === undefined || secrets.every((secret) => IN_A_PATH.test(secret)), {
    error: 'must be at most 200 letters, digits, "-", "_" or "~": nothing else goes unchanged through a URL path',
  }),
  LISTENER_PORT: wholeNumber(65_535, 'must be a port number, 0 to 65535').optional(),
  GATEWAY_TOKENS: namedTokens.optional(),
  GATEWAY_CODEC_TOKENS: namedTokens.optional(),
  GATEWAY_CALLS_PER_MINUTE: wholeNumber(1_000_000, 'must be a number of calls, 0 to 1000000').default(600),
  GATEWAY_TRUSTED_PROXIES: z
    .string()
    .transform((text) => text.split(',').map((proxy) => proxy.trim()))
    .refine((proxies) => proxies.every(isNetwork), {
      error: 'must be the addresses or networks (10.0.0.0/8) of the proxies before the gateway, with commas between',
    })
    .optional(),
  ALERT_WEBHOOK_URL: z
    .url({ protocol: /^https?$/, error: 'must be the http(s) address that is sent a JSON when a state begins or ends' })
    .refine((url) => new URL(url).username + new URL(url).password === '', {
      error: 'must have no user and password in it: they cannot be sent',
    })
    .optional(),
  ALLOW_INSECURE: z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .default('false')
    .transform((word) => word === 'true'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'], {
      error: 'must be trace, debug, info, warn, error or silent',
    })
    .default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'must be the http(s) address of an OTLP collector, without /v1/traces' })
    .optional(),
  OTEL_EXPORTER_OTLP_HEADERS: otlpHeaders.optional(),
  METRICS_PORT: wholeNumber(65_535, 'must be a port number, 0 to 65535').optional(),
  HEALTH_PORT: wholeNumber(65_535, 'must be a port number, 0 to 65535').optional(),
});

export type CommonSettings = z.infer<typeof commonSettings>;
