import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { conformance } from '../../simulators/tagserver/conformance.ts';
import { type StartedTagServer, startTagServer } from '../../simulators/tagserver/start.ts';

let tagServer: StartedTagServer;

beforeAll(async () => {
  tagServer = await startTagServer();
});

afterAll(async () => {
  await tagServer?.stop();
});

describe('the TagServer simulator keeps its contract', () => {
  test.each(conformance.map((check) => [check.name, check] as const))('%s', async (_name, check) => {
    await check.run({ baseUrl: tagServer.url, token: tagServer.token });
  });

  test('no two checks have one name', () => {
    expect(new Set(conformance.map(({ name }) => name)).size).toBe(conformance.length);
  });

  test('the checks leave nothing behind', async () => {
    const left = Object.values(await tagServer.control.state()).flatMap((resources) => Object.keys(resources));
    expect(left).toEqual([]);
  });
});
