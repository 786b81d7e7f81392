import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectFolder } from '../../local/folders.ts';

export const COMPOSE_FILE = join(projectFolder, 'docker-compose.yml');

/** The parts that tests read; the Compose specification's schema validates the whole file. */
const service = z.looseObject({
  image: z.string().optional(),
  build: z.object({ context: z.literal('.'), target: z.string() }).optional(),
  profiles: z.array(z.string()).default([]),
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  env_file: z.array(z.object({ path: z.string() })).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string(), required: z.boolean().optional() })).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  restart: z.string().optional(),
  stop_grace_period: z.string().optional(),
  networks: z.array(z.string()).default([]),
  container_name: z.string().optional(),
});

export type Service = z.infer<typeof service>;

export function readServices(): Map<string, Service> {
  const document: unknown = parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true });
  const { services } = z.looseObject({ services: z.record(z.string(), service) }).parse(document);
  return new Map(Object.entries(services));
}

export function readNetworks(): Map<string, unknown> {
  const document: unknown = parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true });
  return new Map(
    Object.entries(z.looseObject({ networks: z.record(z.string(), z.unknown()) }).parse(document).networks),
  );
}

export const isDemo = ({ profiles }: Service): boolean => profiles.includes('demo');

/** A service that runs once and ends. */
export const isJob = ({ restart = '' }: Service): boolean => restart.startsWith('on-failure');

/** The NAME=value lines of a file such as `deploy/demo.env`. */
export function readEnvFile(path: string): Record<string, string> {
  const lines = readFileSync(join(projectFolder, path), 'utf8').split('\n');
  return Object.fromEntries(
    lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
