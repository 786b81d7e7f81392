import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const exported = z.looseObject({
  resourceSpans: z.array(
    z.looseObject({
      scopeSpans: z.array(z.looseObject({ spans: z.array(z.looseObject({ traceId: z.string(), name: z.string() })) })),
    }),
  ),
});

/** A collector of OpenTelemetry's traces over HTTP, that keeps what it is sent. */
export class TraceCollector {
  readonly #server: Server;
  readonly #bodies: string[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<TraceCollector> {
    const collector: TraceCollector = new TraceCollector(
      createServer((request, response) => {
        let body = '';
        request.setEncoding('utf8').on('data', (text: string) => (body += text));
        request.on('end', () => {
          collector.#bodies.push(body);
          response
            .writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' })
            .end('{}');
        });
      }).listen(0, '127.0.0.1'),
    );
    await once(collector.#server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** All that was sent. */
  get text(): string {
    return this.#bodies.join('\n');
  }

  /** For each trace, the names of its spans. */
  traces(): ReadonlyMap<string, ReadonlySet<string>> {
    const traces = new Map<string, Set<string>>();
    for (const body of this.#bodies) {
      const { resourceSpans } = exported.parse(JSON.parse(body));
      for (const { traceId, name } of resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((one) => one.spans)))
        traces.set(traceId, (traces.get(traceId) ?? new Set()).add(name));
    }
    return traces;
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}
