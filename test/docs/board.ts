import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Race = Readonly<Record<string, unknown>> & { readonly id: string };

/** Replaces the board's answer to the next call of that method; the call has no effect. */
export interface Fault {
  readonly method: string;
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The board of docs/adding-a-target.md over real HTTP: its content, and the writes it received. */
export class Board {
  readonly races = new Map<string, Race>();
  readonly writes: string[] = [];
  readonly faults: Fault[] = [];
  token = 'board-token';
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** A human changes or adds a race at the board. */
  edit(id: string, values: Readonly<Record<string, unknown>>): void {
    this.races.set(id, { ...this.races.get(id), ...values, id, changedAt: new Date().toISOString() });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const say = (status: number, body?: unknown) =>
      send(response, status, body === undefined ? '' : JSON.stringify(body));
    const [, , id] = url.split('/');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (method !== 'GET') this.writes.push(`${method} ${url}`);
    const fault = this.faults.findIndex((one) => one.method === method);
    if (fault >= 0) {
      const [{ status, body = '', headers } = { status: 500 }] = this.faults.splice(fault, 1);
      return send(response, status, body, headers);
    }
    if (request.headers.authorization !== `Bearer ${this.token}`) return say(401, { error: 'unauthorised' });
    if (id === undefined) return say(200, { races: [...this.races.values()] });
    const race = this.races.get(id);
    if (method === 'PUT') {
      const values = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Readonly<Record<string, unknown>>;
      if (values['metres'] === 13) return say(422, { error: 'an unlucky distance', field: 'metres' });
      this.races.delete(id);
      this.edit(id, values);
      return say(race === undefined ? 201 : 200, this.races.get(id));
    }
    if (race === undefined) return say(404, { error: 'unknown race' });
    if (method !== 'DELETE') return say(200, race);
    this.races.delete(id);
    return say(204);
  }
}

function send(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}
