import { expect, test } from '@jest/globals';
import { RunSignupApi } from '../../../targets/runsignup/api.ts';
import { removedFeed } from '../../../targets/runsignup/removed-feed.ts';
import { runSignupSettings } from '../../../targets/runsignup/settings.ts';
import { describeHostileRemote } from '../hostile-remote.ts';
import { failureOf } from '../results.ts';
import { connect } from './connection.ts';

function apiAt(url: string): RunSignupApi {
  return new RunSignupApi(
    runSignupSettings.parse({
      RUNSIGNUP_URL: url,
      RUNSIGNUP_API_KEY: 'key',
      RUNSIGNUP_API_SECRET: 'secret',
      RUNSIGNUP_CALLS_PER_MINUTE: '60000',
    }),
  );
}

const hostile = describeHostileRemote((url) => {
  // Each call uses a new connection, because after a 429 the others would wait.
  const remote = () => connect({ url, key: 'key', secret: 'secret' });
  return [
    () => remote().probe(),
    () => remote().inbound.list({ type: 'Event', scope: '1@1', since: null, page: null }),
    () => remote().inbound.fetch({ type: 'EventParticipant', remoteId: '1/2/3' }, null),
    () => apiAt(url).editParticipant('1', '2', { registration_id: 3, bib_num: 7 }),
  ];
});

test.each([
  ['come again in a circle', (page: number) => page % 3],
  ['never end', (page: number) => page],
])('removed registrations whose pages %s are against the contract', async (_, idOn) => {
  await hostile.start();
  try {
    let calls = 0;
    hostile.respond = (request, response) => {
      calls += 1;
      const page = Number(new URL(request.url ?? '', 'http://any').searchParams.get('page'));
      const participants = [{ registration_id: idOn(page) }];
      response.end(JSON.stringify([{ event: { event_id: 2, participants } }]));
    };
    const all = async () => {
      for await (const { eventId } of removedFeed(apiAt(hostile.url), '1', ['2'], { limit: 1 }))
        expect(eventId).toBe('2');
    };
    expect(await failureOf(all())).toMatchObject({ errorClass: 'contract', code: 'paging' });
    expect(calls).toBeLessThanOrEqual(1_001);
  } finally {
    await hostile.stop();
  }
});
