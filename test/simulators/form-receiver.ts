import { type IncomingHttpHeaders, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedForm {
  readonly headers: IncomingHttpHeaders;
  readonly raw: string;
  /** By name as sent: `data[merges][FNAME]`. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Receives webhooks that are forms, in order of arrival; answers a GET without recording it. */
export class FormReceiver {
  readonly #server: Server;
  received: ReceivedForm[] = [];
  /** The number of GETs, by which Mailchimp checks that the address answers. */
  asked = 0;
  /** The statuses of its answers; of several, one after another and then always the last; empty: it never answers. */
  answers: readonly number[] = [200];

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Starts it on a free port of loopback. */
  static async start(): Promise<FormReceiver> {
    const server = createServer();
    const receiver = new FormReceiver(server);
    server.on('request', (request, response) => {
      let raw = '';
      request.on('data', (chunk) => (raw += chunk));
      request.on('end', () => {
        if (request.method === 'GET') receiver.asked += 1;
        else receiver.received.push({ headers: request.headers, raw, fields: fieldsOf(raw) });
        const [next, ...rest] = receiver.answers;
        if (rest.length > 0) receiver.answers = rest;
        if (next !== undefined) response.writeHead(next).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hooks/secret-in-the-url`;
  }

  /** Types of the events, in order of arrival. */
  get types(): string[] {
    return this.received.map(({ fields }) => fields['type'] ?? '');
  }

  clear(): void {
    this.received = [];
    this.asked = 0;
    this.answers = [200];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const fieldsOf = (raw: string): Record<string, string> => Object.fromEntries(new URLSearchParams(raw));
