import { createServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

const OK = '0';
const UNAVAILABLE = '14';

/** An empty protobuf message as gRPC frames it. */
const EMPTY_MESSAGE = Buffer.alloc(5);

/**
 * A Temporal frontend whose database is unavailable: it reports its capabilities, and answers everything else with
 * UNAVAILABLE.
 */
export async function startUnavailableTemporal(): Promise<{ readonly address: string; stop(): Promise<void> }> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    const serves = headers[':path']?.endsWith('/GetSystemInfo') === true;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': serves ? OK : UNAVAILABLE }));
    stream.end(serves ? EMPTY_MESSAGE : undefined);
    stream.on('error', () => undefined);
    stream.resume();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      for (const session of sessions) session.destroy();
      await new Promise((closed) => server.close(closed));
    },
  };
}
