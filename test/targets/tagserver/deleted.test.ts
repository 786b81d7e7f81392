import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTagServer, type StartedTagServer } from '../../../simulators/tagserver/start.ts';
import { TagServerApi } from '../../../targets/tagserver/api.ts';

let tagServer: StartedTagServer;
let api: TagServerApi;

beforeAll(async () => {
  tagServer = await startTagServer();
  api = new TagServerApi({ TAGSERVER_URL: tagServer.url, TAGSERVER_TOKEN: tagServer.token });
});

afterAll(async () => {
  await tagServer?.stop();
});

test('a resource that was deleted is not there, like one that never was', async () => {
  const { control } = tagServer;
  await control.backdoor({ type: 'organisations', externalId: '1', set: { name: 'Harbour Athletics' } });
  expect(await api.get('organisations', '1')).toMatchObject({ data: { name: 'Harbour Athletics' } });
  await control.backdoor({ type: 'organisations', externalId: '1', delete: true });
  expect(await api.get('organisations', '1')).toBeNull();
  expect(await api.get('organisations', '2')).toBeNull();
});

test('a 410 that is not of TagServer says nothing of the resource', async () => {
  const gone = { status: 410, body: '{"message":"this page is gone"}' };
  await tagServer.control.setFaults({ respond: { ...gone, times: 1 } });
  await expect(api.get('organisations', '1')).rejects.toThrow('TagServer answered GET organisations/1 with 410');
});
