import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * A free TCP port on 127.0.0.1: `preferred` if it is free, else one chosen by the operating system. Another process may
 * take it before it is used, so callers must be ready to ask again.
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await tryPort(preferred)) !== undefined) return preferred;
  const port = await tryPort(0);
  if (port === undefined)
    throw new Error(
      'The operating system gave no free TCP port on 127.0.0.1. Close programs that hold many connections.',
    );
  return port;
}

/** Several different free ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** Several free ports below 32768. Temporal stores port numbers as signed 16-bit integers. */
export async function freeLowPorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  for (let tries = 0; ports.size < count; tries += 1) {
    if (tries > 1_000) throw new Error('There are not enough free TCP ports below 32768 on 127.0.0.1.');
    const port = randomInt(10_000, 32_768);
    if ((await tryPort(port)) !== undefined) ports.add(port);
  }
  return [...ports];
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.unref();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' ? address?.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}
