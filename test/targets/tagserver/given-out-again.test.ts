import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startTagServer, type StartedTagServer } from '../../../simulators/tagserver/start.ts';
import type { Content } from '../../../sync/content-hash.ts';
import type { RemoteSystem, SendRequest } from '../../../targets/remote-system.ts';
import { connectTagServer } from '../../../targets/tagserver/remote.ts';

let tagServer: StartedTagServer;
let remote: RemoteSystem;

beforeAll(async () => {
  tagServer = await startTagServer();
  remote = connectTagServer({ TAGSERVER_URL: tagServer.url, TAGSERVER_TOKEN: tagServer.token });
});

beforeEach(() => tagServer.control.reset());

afterAll(async () => {
  await tagServer?.stop();
});

const ANA: Content = {
  givenName: 'Ana',
  familyName: 'Silva',
  birthDate: '1988-02-29',
  gender: 'F',
  nationality: 'PT',
  club: null,
};
const RUI: Content = { ...ANA, givenName: 'Rui', familyName: 'Melo', birthDate: '1990-01-01' };

const send = (content: Content, more: Partial<SendRequest> = {}) =>
  remote.send({
    type: 'Person',
    key: '2',
    remoteId: null,
    content,
    references: new Map(),
    fencingToken: 7n,
    release: false,
    ...more,
  });

const stored = async () => (await tagServer.control.state()).persons['2']?.data;

describe('a resource that TagServer has under the id of a row without a record', () => {
  test('is not written over if nothing of it agrees', async () => {
    await send(ANA);
    expect(await send(RUI)).toEqual({ kind: 'another', remoteId: '2' });
    expect(await stored()).toMatchObject({ givenName: 'Ana' });
    // A name changed after a lost first answer is still the same row; more differences are not.
    expect(await send({ ...ANA, birthDate: null, familyName: 'Costa' })).toMatchObject({ kind: 'another' });
    expect(await send({ ...ANA, birthDate: null, familyName: 'Costa' }, { begun: true })).toMatchObject({
      kind: 'sent',
    });
    expect(await send(RUI, { begun: true })).toMatchObject({ kind: 'another' });
  });

  test('is the row’s if its name or its birth date agrees, or an operator has said so', async () => {
    await send(ANA);
    expect(await send({ ...RUI, birthDate: '1988-02-29' })).toMatchObject({ kind: 'sent' });
    expect(await stored()).toMatchObject({ givenName: 'Rui' });
    expect(await send(ANA, { remoteId: '2' })).toMatchObject({ kind: 'sent' });
    expect(await stored()).toMatchObject({ givenName: 'Ana' });
  });

  test('costs a first load nothing: one call each', async () => {
    await tagServer.control.clearJournal();
    await send(ANA);
    expect((await tagServer.control.journal()).map(({ method }) => method)).toEqual(['PUT']);
  });
});
