import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import type { Outcome } from '../../demo/outcome.ts';
import { findTemporalServer } from '../../local/temporal-server-programs.ts';
import { DemoProcess } from './demo-process.ts';

const TYPES = {
  TAGSERVER: ENTITY_TYPES.filter((type) => type !== 'ContactPreference' && type !== 'Conversation'),
  MAUTIC: ['Person', 'ContactPreference'],
  MAILCHIMP: ['Person', 'ContactPreference'],
  RUNSIGNUP: ['Event', 'Race', 'Person', 'EventParticipant'],
  CHATWOOT: ['Person', 'Conversation'],
} as const;

/** Each test starts its own servers and workers. */
const LONG = 900_000;
const BUILDING = 1_800_000;

describe('npm run demo', () => {
  let demo: DemoProcess | undefined;
  afterEach(async () => {
    demo?.signal('SIGTERM');
    await demo?.ended();
    demo = undefined;
  });

  test(
    '--once ends with every type in step, its counts in the last line, and nothing left running',
    async () => {
      demo = new DemoProcess('--once', '--size', '5', '--timeout', '600');
      const code = await demo.ended();
      expect({ code, err: demo.err }).toEqual({ code: 0, err: '' });
      const { inStep, parked, processes, seconds } = JSON.parse(demo.lastLine()) as Outcome;
      expect(inStep).toBe(true);
      expect(seconds).toBeGreaterThan(0);
      expect(Object.keys(processes)).toEqual(Object.keys(TYPES));
      for (const [name, expected] of Object.entries(TYPES)) {
        const types = processes[name as keyof typeof TYPES] ?? {};
        expect(new Set(Object.keys(types))).toEqual(new Set(expected));
        for (const { total, inSync, linked, suppressed, parked, due } of Object.values(types)) {
          expect(total).toBeGreaterThan(0);
          // RunSignup accepts no data of a person whose registration was cleared, so these stay parked.
          const cleared = name === 'RUNSIGNUP' ? parked : 0;
          expect({ inSync: inSync + linked + suppressed + cleared, due }).toEqual({ inSync: total, due: 0 });
        }
        expect(demo.out).toMatch(new RegExp(`${name}: it holds all \\d+ rows with equal content, and nothing else`));
      }
      expect(demo.out).toMatch(/Starting PostgreSQL …\nStarting Temporal …\nStarting the simulated targets …\n/);
      const said = parked === 0 ? 'in step' : `in step, ${parked} parked`;
      expect(demo.out).toMatch(new RegExp(`^Everything is ${said}, \\d+ s after the sweeps began\\.$`, 'm'));
      expect(demo.out).toMatch(/People have changed \d+ things at the targets and in EMS/);
      expect(demo.out).toContain('TAGSERVER: a sweep with nothing to do sent nothing');
      expect(demo.out).toContain('MAUTIC: a sweep and a poll with nothing to do sent nothing');
      expect(demo.out).toContain('MAILCHIMP: a sweep and a poll with nothing to do sent nothing');
      expect(demo.out).toContain('RUNSIGNUP: a sweep and a poll with nothing to do sent nothing');
      expect(demo.out).toContain('CHATWOOT: a sweep and a poll with nothing to do sent nothing');
      expect(await demo.remains()).toEqual([]);
    },
    LONG,
  );

  test(
    '--temporal postgres does the same on the Temporal server proper, or says what that needs',
    async () => {
      const needs = await findTemporalServer().then(
        () => null,
        (error: unknown) => error,
      );
      demo = new DemoProcess('--once', '--size', '5', '--timeout', '600', '--temporal', 'postgres');
      const code = await demo.ended();
      if (needs !== null) {
        expect({ code, err: demo.err.trim() }).toEqual({ code: 1, err: (needs as Error).message });
        expect(demo.err).toContain('install Go (1.24 or newer)');
        return;
      }
      expect({ code, err: demo.err }).toEqual({ code: 0, err: '' });
      expect(JSON.parse(demo.lastLine())).toMatchObject({ inStep: true });
      expect(demo.out).toContain('CHATWOOT: a sweep and a poll with nothing to do sent nothing');
      expect(await demo.remains()).toEqual([]);
    },
    // Built on the first run on a machine.
    BUILDING + LONG,
  );

  test(
    '--once that is not in step in time fails, and says so in its last line',
    async () => {
      demo = new DemoProcess('--once', '--size', '50', '--timeout', '1');
      expect(await demo.ended()).toBe(1);
      expect(JSON.parse(demo.lastLine())).toMatchObject({ inStep: false });
      expect(demo.err).toContain('Not in step after 1 s.');
      expect(await demo.remains()).toEqual([]);
    },
    LONG,
  );

  test(
    'without --once it stays up while EMS changes, two of them beside each other, until SIGTERM or SIGKILL',
    async () => {
      demo = new DemoProcess('--size', '1');
      const other = new DemoProcess('--size', '1');
      const files = await Promise.all([demo, other].map((one) => one.told(/set -a; \. (.+); set \+a/)));
      expect(new Set(files).size).toBe(2);
      await demo.told(
        /Everything is in step(, \d+ parked)?, \d+ s after the sweeps began\. What to look at first:\n +1\. http/,
      );
      expect(await demo.told(/\d+ changes of EMS, the last: .+\)/)).toMatch(/ changes of EMS, the last: \S+/);
      expect(await demo.told(/\d+ at the targets, the last: .+\)/)).toMatch(
        /the last: (MAUTIC|MAILCHIMP|RUNSIGNUP|CHATWOOT): \S+/,
      );
      process.kill(await other.pid(), 'SIGKILL');
      expect(await other.ended()).toBe(137);
      demo.signal('SIGTERM');
      expect(await demo.ended()).toBe(143);
      expect(await demo.remains()).toEqual([]);
      expect(await remainsLater(other)).toEqual([]);
    },
    LONG,
  );

  test.each([/^Starting PostgreSQL …$/m, /^Starting Temporal …$/m, /Starting the workers and the sweeps …$/m])(
    'SIGINT at %s ends it, with nothing left running',
    async (line) => {
      demo = new DemoProcess('--size', '1');
      await demo.told(line);
      demo.signal('SIGINT');
      expect({ code: await demo.ended(), err: demo.err }).toEqual({ code: 130, err: '' });
      expect(demo.out).toMatch(/\nStopping …\n$/);
      expect(await demo.remainsOfStart()).toEqual([]);
    },
    LONG,
  );

  test('wrong use ends with exit code 2', async () => {
    demo = new DemoProcess('--only', 'SALESFORCE');
    expect(await demo.ended()).toBe(2);
    expect(demo.err).toContain('there is: TAGSERVER, MAUTIC, MAILCHIMP, RUNSIGNUP, CHATWOOT');
  });
});

/**
 * A killed demo cannot stop its servers; their watchers do, which takes a moment. The next start removes its folder.
 */
async function remainsLater(demo: DemoProcess): Promise<string[]> {
  for (let left = 200; ; left -= 1) {
    const remains = (await demo.remains()).filter((what) => !/^\d+-|demo\.env/.test(what));
    if (remains.length === 0 || left === 0) return remains;
    await sleep(100);
  }
}
