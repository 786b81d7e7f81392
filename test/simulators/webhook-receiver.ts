import { type IncomingHttpHeaders, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedWebhook {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  readonly payload: Readonly<Record<string, unknown>> & { readonly event: string };
}

/** Receives webhooks, in order of arrival. */
export class WebhookReceiver {
  readonly #server: Server;
  received: ReceivedWebhook[] = [];
  /** The status of its answers; null = it never answers. */
  answer: number | null = 200;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Starts it on a free port of loopback. */
  static async start(): Promise<WebhookReceiver> {
    const server = createServer();
    const receiver = new WebhookReceiver(server);
    server.on('request', (request, response) => {
      let raw = '';
      request.on('data', (chunk) => (raw += chunk));
      request.on('end', () => {
        receiver.received.push({ headers: request.headers, raw, payload: JSON.parse(raw) });
        if (receiver.answer !== null) response.writeHead(receiver.answer).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hooks/random-token`;
  }

  clear(): void {
    this.received = [];
    this.answer = 200;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
