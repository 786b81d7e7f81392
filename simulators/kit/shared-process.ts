import type { FastifyInstance } from 'fastify';
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { adoptPrograms, type MakeSimulator } from './simulator-program.ts';

// One process for many simulators. Starting a process costs more CPU than most tests need of a simulator: Node loads some
// three hundred modules. Each simulator has its own app, state and port here, too. `spawn-simulator.ts` asks for them at
// SIMULATORS_SHARED_PROCESS, which is the address that this prints; only who knows it may ask.

const running = new Map<string, FastifyInstance>();

const startRequest = z.strictObject({ main: z.url({ protocol: /^file$/ }), args: z.array(z.string()) });
const endRequest = z.strictObject({ id: z.string() });

/** By program. A program is loaded once. */
const programs = new Map<string, Promise<MakeSimulator>>();
/** One import at a time, so that it is known whose program has been handed over. */
let loading: Promise<unknown> = Promise.resolve();
let adopted: MakeSimulator | undefined;
adoptPrograms((make) => (adopted = make));

function programOf(main: string): Promise<MakeSimulator> {
  const known = programs.get(main);
  if (known !== undefined) return known;
  const program = loading.then(async () => {
    adopted = undefined;
    await import(main);
    if (adopted === undefined) throw new Error(`${main} is not the program of a simulator`);
    return adopted;
  });
  loading = program.catch(() => undefined);
  programs.set(main, program);
  return program;
}

async function start(request: unknown): Promise<object> {
  const { main, args } = startRequest.parse(request);
  const make = await programOf(main);
  const { app, port } = make(args);
  const listening = await app.listen({ port, host: '127.0.0.1' });
  const id = randomUUID();
  running.set(id, app);
  return { id, listening };
}

async function end(request: unknown): Promise<object> {
  const { id } = endRequest.parse(request);
  const app = running.get(id);
  running.delete(id);
  await app?.close();
  return {};
}

const secret = `/${randomUUID()}`;

async function answerTo(request: IncomingMessage): Promise<object> {
  const body: unknown = JSON.parse(await text(request));
  if (request.url === `${secret}/start`) return start(body);
  if (request.url === `${secret}/end`) return end(body);
  throw new Error('not found');
}

const server = createServer((request, response) => {
  const answer = (status: number, body: object): void => {
    // A client that kept the connection would use it when it has just been closed for being idle.
    response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body));
  };
  answerTo(request).then(
    (body) => answer(200, body),
    (error: unknown) => answer(400, { reason: error instanceof Error ? error.message : String(error) }),
  );
});
server.listen(0, '127.0.0.1', () => {
  const { port }: Pick<AddressInfo, 'port'> = z.object({ port: z.int() }).parse(server.address());
  process.stdout.write(`${JSON.stringify({ listening: `http://127.0.0.1:${port}${secret}` })}\n`);
});
