import { expect, test } from '@jest/globals';
import type { EntityType } from '../../../sync/entity-type.ts';
import type { Content } from '../../../sync/content-hash.ts';
import { connectTagServer } from '../../../targets/tagserver/remote.ts';
import { describeHostileRemote } from '../hostile-remote.ts';
import { failureOf } from '../results.ts';

const ANA = { name: 'Ana Silva', dateOfBirth: '1988-02-29' };

function connect(url: string) {
  const remote = connectTagServer({ TAGSERVER_URL: url, TAGSERVER_TOKEN: 'token' });
  const send = (type: EntityType, content: Content) =>
    remote.send({ type, key: '81', remoteId: null, content, references: new Map(), fencingToken: 7n, release: false });
  return { remote, send };
}

const hostile = describeHostileRemote((url) => {
  const { remote, send } = connect(url);
  return [
    () => remote.probe(),
    () => send('Person', ANA),
    () => send('EventParticipant', { status: 'registered', bib: '7' }),
    async () => remote.remove({ type: 'Person', key: '81', remoteId: '81', fencingToken: 7n }),
  ];
});

/** Pages linked by these cursors. */
const pages =
  (nextCursor: (page: number) => string): typeof hostile.respond =>
  (request, response) => {
    const isList = request.method === 'GET';
    const page = Number(/cursor=c(\d+)/.exec(request.url ?? '')?.[1] ?? 0);
    const body = isList ? { items: [], nextCursor: nextCursor(page) } : { code: 'duplicate-bib' };
    response.writeHead(isList ? 200 : 409).end(JSON.stringify(body));
  };

test.each([
  ['in a circle', (page: number) => `c${(page + 1) % 3}`, 'do not advance'],
  ['without an end', (page: number) => `c${page + 1}`, 'do not end after 1000'],
])('pages that lead on %s are against the contract', async (_, nextCursor, said) => {
  await hostile.start();
  try {
    hostile.respond = pages(nextCursor);
    const failure = await failureOf(
      connect(hostile.url).send('EventParticipant', { status: 'dns', bib: '7', raceId: '1' }),
    );
    expect(failure).toMatchObject({ errorClass: 'contract', code: 'paging' });
    expect(failure.message).toContain(`TagServer's pages of GET event-participants ${said}`);
  } finally {
    await hostile.stop();
  }
});

test('a 404 that is not TagServer’s own does not make a participant a new one', async () => {
  await hostile.start();
  try {
    hostile.respond = hostile.text('<h1>Not found</h1>', 404, 'text/html');
    const failure = await failureOf(connect(hostile.url).send('EventParticipant', { status: 'registered', bib: '7' }));
    expect(failure).toMatchObject({ errorClass: 'target-down', code: 'http-404' });
    expect(failure.message).toContain('check TAGSERVER_URL');
  } finally {
    await hostile.stop();
  }
});

test('ids that other clients of TagServer have chosen are not told', async () => {
  await hostile.start();
  try {
    hostile.respond = (request, response) => {
      const isList = request.method === 'GET';
      const meta = { version: 1, contentHash: `sha256:${'0'.repeat(64)}`, changedAt: '2027-05-01T09:00:00.000Z' };
      const items = ['12', 'ana@clube.example'].map((externalId) => ({ ...meta, externalId, data: { bib: '7' } }));
      const body = isList ? { items, nextCursor: null } : { code: 'duplicate-bib' };
      response.writeHead(isList ? 200 : 409).end(JSON.stringify(body));
    };
    const result = await connect(hostile.url).send('EventParticipant', { status: 'dns', bib: '7', raceId: '1' });
    expect(result).toEqual({
      kind: 'blocked',
      code: '409-duplicate-bib',
      by: [{ type: 'EventParticipant', key: '12' }],
      field: 'bib',
      reason: 'is held at TagServer by EventParticipant/12, a resource that is not from EMS',
    });
  } finally {
    await hostile.stop();
  }
});
