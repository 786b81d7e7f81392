import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/**
 * A program: a Mautic that was taken over, on a port of 127.0.0.1 that it prints. `PUT /calm` makes it refuse every call
 * at once, `PUT /hostile` makes it hostile; both answer with the number of hostile answers by kind.
 */
const MIB = 2 ** 20;
const KIND = ['texts', 'bomb', 'dense', 'slow'] as const;
const LONG = 'anasilva'.repeat(7_500);
const JSON_TYPE = { 'content-type': 'application/json' } as const;

/** 300 MiB of blanks. */
const BOMB = Buffer.concat(Array.from({ length: 300 }, () => gzipSync(Buffer.alloc(MIB, ' '))));
const DENSE = `{"contacts":[${'{},'.repeat(3 * MIB)}{}]}`;

/** A refusal whose every text has 60 kB. */
const TEXTS = JSON.stringify({
  errors: [
    { code: 400, type: LONG, message: `${LONG} looks fake or invalid`, details: { [LONG]: [LONG], email: [LONG] } },
  ],
});

const PAGE_SIZE = 500;
let hostile = false;
let calls = 0;
let ids = 0;
const counts: Record<string, number> = { pages: 0, ...Object.fromEntries(KIND.map((kind) => [kind, 0])) };

/** A full page of contacts that nobody has seen before, of one time, so that the list never ends. Four have 60 kB texts. */
function page(): string {
  const contacts = Array.from({ length: PAGE_SIZE }, (_, at) => {
    ids += 1;
    const text = at % 125 === 0 ? LONG : `Ana ${ids}`;
    const all = { firstname: text, lastname: 'Silva', email: `ana${ids}@hostile.example`, ems_person_id: null };
    return {
      id: ids,
      dateModified: '2026-11-01T10:00:00+00:00',
      doNotContact: [],
      tags: [{ tag: text }],
      fields: { all },
    };
  });
  return JSON.stringify({ total: 10 ** 9, contacts });
}

function answer({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
  if (!hostile) return void response.writeHead(503, JSON_TYPE).end('{}');
  if (method === 'GET' && url.includes('where') && url.includes('date')) {
    counts['pages'] = (counts['pages'] ?? 0) + 1;
    return void response.writeHead(200, JSON_TYPE).end(page());
  }
  const kind = KIND[(calls += 1) % KIND.length] ?? 'texts';
  counts[kind] = (counts[kind] ?? 0) + 1;
  if (kind === 'texts') return void response.writeHead(400, JSON_TYPE).end(TEXTS);
  if (kind === 'dense') return void response.writeHead(200, JSON_TYPE).end(DENSE);
  if (kind === 'bomb') return void response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(BOMB);
  response.writeHead(200, JSON_TYPE);
  const drop = setInterval(() => response.write(' '), 100);
  response.on('close', () => clearInterval(drop));
}

const server = createServer((request, response) => {
  if (request.method === 'PUT' && (request.url === '/calm' || request.url === '/hostile')) {
    hostile = request.url === '/hostile';
    response.end(JSON.stringify(counts));
    return;
  }
  answer(request, response);
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
