import type { EnabledTarget } from './read-settings.ts';
import type { CommonSettings } from './schema.ts';

/** `openssl rand -hex 16`, or 24 random bytes in base64. */
const TOKEN_AT_LEAST = 32;

/** Shorter, because ChatWoot and Mautic may choose these themselves. */
const WEBHOOK_SECRET_AT_LEAST = 16;

const WEBHOOK_SECRETS = ['CHATWOOT_WEBHOOK_SECRET', 'MAUTIC_WEBHOOK_SECRET', 'MAILCHIMP_WEBHOOK_SECRET'] as const;

const ENCRYPTED = new Set(['require', 'verify-ca', 'verify-full']);

const HOW = 'or set ALLOW_INSECURE=true if nobody else can read or reach it';

/**
 * Problems of settings that send data in the clear, or that can be guessed. Nothing is said about an installation whose
 * database and targets are all on this machine, as in tests and the demo.
 */
export function insecureSettings(common: CommonSettings, enabled: readonly EnabledTarget[]): string[] {
  if (common.ALLOW_INSECURE) return [];
  const urls = enabled.flatMap(({ settings }) => Object.entries(settings).filter(isUrl));
  const away = urls.filter(([, url]) => !isLoopback(new URL(url).hostname));
  const database = new URL(common.DATABASE_URL);
  const isDatabaseHere = isHere(database);
  const problems = away
    .filter(([, url]) => new URL(url).protocol === 'http:')
    .map(([name]) => `${name} must begin with https://, ${HOW}`);
  if (!isDatabaseHere && !ENCRYPTED.has(database.searchParams.get('sslmode') ?? ''))
    problems.push(`DATABASE_URL must end with ?sslmode=verify-full (or require), ${HOW}`);
  problems.push(...openCredentials(common));
  return isDatabaseHere && away.length === 0 ? problems : [...problems, ...shortSecrets(common)];
}

/** Of the collector of traces. Without headers, nothing that is sent to it is secret. */
function openCredentials({
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  OTEL_EXPORTER_OTLP_HEADERS: headers,
}: CommonSettings): string[] {
  if (endpoint === undefined || headers === undefined) return [];
  const { protocol, hostname } = new URL(endpoint);
  if (protocol !== 'http:' || isLoopback(hostname)) return [];
  return [`OTEL_EXPORTER_OTLP_ENDPOINT must begin with https:// with OTEL_EXPORTER_OTLP_HEADERS, ${HOW}`];
}

function shortSecrets(common: CommonSettings): string[] {
  const short: string[] = [];
  for (const name of ['GATEWAY_TOKENS', 'GATEWAY_CODEC_TOKENS'] as const) {
    if (common[name]?.some(({ length }) => length < TOKEN_AT_LEAST) === true)
      short.push(`${name} must have tokens of at least ${TOKEN_AT_LEAST} characters (openssl rand -hex 32), ${HOW}`);
  }
  for (const name of WEBHOOK_SECRETS) {
    if (common[name]?.some((secret) => secret.length < WEBHOOK_SECRET_AT_LEAST) === true)
      short.push(`${name} must have at least ${WEBHOOK_SECRET_AT_LEAST} characters (openssl rand -hex 32), ${HOW}`);
  }
  return short;
}

const isUrl = (setting: [string, unknown]): setting is [string, string] =>
  setting[0].endsWith('_URL') && typeof setting[1] === 'string' && URL.canParse(setting[1]);

/** Also reached through a socket in the file system. */
function isHere({ hostname, searchParams }: URL): boolean {
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  return host === '' || host.startsWith('/') || isLoopback(host);
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\]|::1)$/.test(hostname);
}
