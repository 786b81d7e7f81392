import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { withPairLocks } from '../../activities/pair-locks.ts';
import { pairContext } from '../../activities/context.ts';
import type { Dependencies } from '../../activities/dependencies.ts';
import { AdvisoryLocks } from '../../database/advisory-locks.ts';
import { readSettings } from '../../settings/read-settings.ts';
import { createOrm } from '../../database/orm.ts';
import { unlimitedConnections } from '../../targets/unlimited-connections.ts';
import { runCli } from '../clients/run-cli.ts';
import { MailchimpUnderTest } from './mailchimp-under-test.ts';
import type { ProcessUnderTest } from './process-under-test.ts';
import type { System } from './system.ts';

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64');

const OLD = key(1);
const NEW = key(2);

let under: MailchimpUnderTest;
let system: System;
let mailchimp: ProcessUnderTest;

beforeAll(async () => {
  under = await MailchimpUnderTest.start({ settings: { SYNC_KEY: OLD } });
  ({ system, process: mailchimp } = under);
});

afterAll(async () => {
  await under?.stop();
});

/** Creates another person in EMS with a known address. @returns the resulting state and reason. */
async function another(email: string): Promise<string> {
  const person = await system.ems.person({ email });
  await system.ems.preference(person, true);
  await mailchimp.sweep();
  await mailchimp.quiet();
  const record = await mailchimp.record('Person', person);
  return `${record?.state} / ${record?.last_error}`;
}

async function unsubscribed(): Promise<string> {
  const { person, email, preference } = await under.personInStep();
  await under.control.backdoor({ do: 'unsubscribe', member: email });
  await mailchimp.poll();
  // Only the suppression list still knows it: there is no record and no member.
  await system.ems.delete('contact_preference', preference);
  await system.ems.delete('person', person);
  await mailchimp.settle();
  await under.control.backdoor({ do: 'delete-permanent', member: email });
  return email;
}

async function erased(): Promise<string> {
  const { person, email, preference } = await under.personInStep();
  expect(await runCli(['erase', 'person', person], system.environment)).toMatchObject({ code: 0 });
  await system.ems.delete('contact_preference', preference);
  await system.ems.delete('person', person);
  await mailchimp.settle();
  return email;
}

/** A step of the rotation: workers are replaced one after another. */
async function rollTo(...keys: readonly string[]): Promise<void> {
  system.set({ SYNC_KEY: keys.join(',') });
  for (const { code } of await system.replaceWorkers()) expect(code).toBe(0);
}

describe('SYNC_KEY, changed as operating.md says', () => {
  test('refused and erased addresses stay so, and what is in step is not written again', async () => {
    const inStep = await under.personInStep();
    const before = { refused: await unsubscribed(), erased: await erased() };
    await rollTo(OLD, NEW);
    const between = { refused: await unsubscribed(), erased: await erased() };
    await rollTo(NEW, OLD);
    const after = { refused: await unsubscribed(), erased: await erased() };

    for (const addresses of [before, between, after]) {
      expect(await another(addresses.refused)).toBe('SUPPRESSED / email: unsubscribed');
      expect(await another(addresses.erased)).toBe('ERASED / null');
      expect(await under.member(addresses.refused)).toBeNull();
      expect(await under.member(addresses.erased)).toBeNull();
    }
    const { rows } = await system.database.query(
      "SELECT DISTINCT split_part(address_hash, ':', 1) AS key FROM sync_suppression",
    );
    expect(rows).toHaveLength(2);

    await under.control.clearJournal();
    await mailchimp.settle();
    const versions = await system.rowVersions();
    await mailchimp.poll();
    await mailchimp.sweep();
    expect(await system.rowVersions()).toEqual(versions);
    expect(await under.control.journal({ writesOnly: true })).toEqual([]);
    expect(await mailchimp.record('Person', inStep.person)).toMatchObject({ state: 'IN_SYNC' });
  });

  test('writes for one address stay out of each other’s way while some workers have the new key first', async () => {
    const person = await system.ems.person({ email: under.email() });
    const orm = await createOrm({ databaseUrl: system.databaseUrl });
    const inside = { now: 0, most: 0 };
    const work = async () => {
      inside.now += 1;
      inside.most = Math.max(inside.most, inside.now);
      await new Promise((resolve) => setTimeout(resolve, 100));
      inside.now -= 1;
    };
    const workers = [[OLD], [OLD, NEW], [NEW, OLD], [OLD, NEW], [NEW, OLD]].map((keys) => {
      const locks = new AdvisoryLocks(system.databaseUrl);
      const { common, enabled } = readSettings({ ...system.environment, SYNC_KEY: keys.join(',') });
      const services = unlimitedConnections(common.CONSENT_POLICY);
      const dependencies: Dependencies = {
        orm,
        locks,
        keys: common.SYNC_KEY ?? [],
        settleMs: common.SETTLE_MS,
        conflictScope: common.CONFLICT_SCOPE,
        missingLimit: { count: common.SYNC_MISSING_LIMIT, share: common.SYNC_MISSING_SHARE },
        retentionDays: common.RETENTION_DAYS,
        journalDays: common.JOURNAL_DAYS,
        assertOwnAccount: async () => {},
        brakeLimits: { delete: { count: 100, share: 10 }, update: { count: 1_000, share: 30 } },
        consentPolicy: common.CONSENT_POLICY,
        consentScope: common.CONSENT_SCOPE,
        processes: new Map(
          enabled.map(({ target, settings }) => [
            target.process.name,
            { process: target.process, remote: target.connect(settings, services) },
          ]),
        ),
      };
      return {
        locks,
        run: () =>
          withPairLocks(pairContext(dependencies, { process: 'MAILCHIMP', type: 'Person', key: person }), work),
      };
    });
    try {
      await Promise.all(workers.map(({ run }) => run()));
      expect(inside).toEqual({ now: 0, most: 1 });
    } finally {
      for (const { locks } of workers) await locks.close();
      await orm.close();
    }
  });
});
