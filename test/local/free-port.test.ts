import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { freeLowPorts, freePort, freePorts } from '../../local/free-port.ts';

async function listenOn(port: number): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

test('a preferred port is given while it is free, and avoided while it is taken', async () => {
  const taken = await listenOn(0);
  const other = await freePort(taken.port);
  expect(other).not.toBe(taken.port);
  const proof = await listenOn(other);
  await proof.close();
  await taken.close();
  expect(await freePort(taken.port)).toBe(taken.port);
});

test('several ports differ and can be listened on together', async () => {
  const ports = await freePorts(5);
  expect(new Set(ports).size).toBe(5);
  const servers = await Promise.all(ports.map(listenOn));
  await Promise.all(servers.map((server) => server.close()));
});

test('several low ports fit into a signed 16-bit integer, differ, and can be listened on together', async () => {
  const ports = await freeLowPorts(9);
  expect(Math.max(...ports)).toBeLessThan(32_768);
  expect(new Set(ports).size).toBe(9);
  const servers = await Promise.all(ports.map(listenOn));
  await Promise.all(servers.map((server) => server.close()));
});
