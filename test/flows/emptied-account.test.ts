import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '../clients/run-cli.ts';
import { ChatwootUnderTest } from './chatwoot-under-test.ts';

let under: ChatwootUnderTest;

beforeAll(async () => {
  under = await ChatwootUnderTest.start();
});

afterEach(() => under.system.tidyUp());

afterAll(async () => {
  await under?.stop();
});

async function cli(...args: string[]) {
  const run = await runCli(args, under.system.environment);
  return { ...run, said: `${run.stdout}${run.stderr}` };
}

const status = async () => JSON.parse((await cli('status', '--json')).stdout);

/** Creates three more persons in sync. */
async function threePersons() {
  return [await under.personInStep(), await under.personInStep(), await under.personInStep()];
}

const statesOf = async (people: readonly { readonly person: string }[]) =>
  Promise.all(people.map(async ({ person }) => (await under.process.record('Person', person))?.state));

describe('a ChatWoot account that is empty all at once (F1 case 05)', () => {
  test('unties nobody: the poll holds it, says so, and an edit makes nothing anew, until an operator lets it pass', async () => {
    const { process: chatwoot, system } = under;
    const people = await threePersons();
    const before = await under.control.state();
    for (const id of Object.keys(before.contacts))
      await under.control.backdoor({ do: 'delete-contact', contact: Number(id) });

    const polled = await chatwoot.poll();
    expect(polled).toMatchObject({
      ended: 'held',
      reason: expect.stringMatching(/^HELD: \d+ of \d+ linked Person are missing/),
    });
    expect(await statesOf(people)).toEqual(['IN_SYNC', 'IN_SYNC', 'IN_SYNC']);
    await system.eventually('the hold in the log', async () => system.workerLog.includes('HELD: '));
    expect(await status()).toMatchObject({
      inStep: false,
      held: [{ process: 'CHATWOOT', type: 'Person', kind: 'unlink', held: expect.any(Number) }],
    });
    expect((await cli('status')).said).toMatch(/not in step[^]*HELD: .*npx ems-sync approve CHATWOOT \d+/);
    expect(await cli('sweep', 'CHATWOOT', 'inbound', '--wait')).toMatchObject({ code: 1 });

    const [first] = people;
    await system.ems.update('person', first?.person ?? '', { last_name: 'Costa' });
    await chatwoot.sweep();
    expect(Object.keys((await under.control.state()).contacts)).toEqual([]);

    const id = (await status()).held[0].id;
    expect(await cli('approve', 'CHATWOOT', `${id}`)).toMatchObject({ code: 0 });
    await chatwoot.poll();
    await chatwoot.quiet();
    expect((await statesOf(people)).slice(1)).toEqual(['UNLINKED', 'UNLINKED']);
    expect((await status()).held).toEqual([]);
  });

  test('the way back: status counts them, and says so where it says in step; why, sync and retry tell the reason; retry --unlinked takes them up', async () => {
    const { process: chatwoot } = under;
    await chatwoot.settle();
    const { Person } = (await status()).processes.CHATWOOT;
    expect(Person.unlinked).toBeGreaterThan(0);
    expect((await cli('status')).said).toMatch(/in step, \d+ unlinked/);
    const { rows } = await under.system.database.query<{ key: string }>(
      `SELECT entity_key AS key FROM sync_person WHERE sync_process = 'CHATWOOT' AND state = 'UNLINKED' ORDER BY 1`,
    );
    const [one = '', ...others] = rows.map(({ key }) => key);
    expect((await cli('why', 'Person', one)).said).toMatch(
      /left alone +it is unlinked: its record at CHATWOOT is gone.*--unlinked/,
    );
    const resent = await cli('sync', 'CHATWOOT', 'Person', one, '--resend', '--wait');
    expect(resent.said).toMatch(/NOTHING[^]*it is unlinked: its record at CHATWOOT is gone/);
    expect((await cli('retry', 'CHATWOOT')).said).toMatch(
      /nothing parked or failing\. \d+ unlinked: npx ems-sync retry CHATWOOT/,
    );
    // By name, or by type; a pair that an operator unlinked must be named.
    const [byHand = ''] = others;
    await under.system.database.query(
      `UPDATE sync_person SET last_error_class = NULL, last_error = NULL WHERE sync_process = 'CHATWOOT' AND entity_key = $1`,
      [byHand],
    );
    expect(await cli('retry', 'CHATWOOT', 'Person', one, '--unlinked', '--wait')).toMatchObject({ code: 0 });
    expect(await chatwoot.record('Person', one)).toMatchObject({ state: 'IN_SYNC' });
    expect(await cli('retry', 'CHATWOOT', 'Person', '--unlinked', '--wait')).toMatchObject({ code: 0 });
    expect(await chatwoot.record('Person', byHand)).toMatchObject({ state: 'UNLINKED' });
    expect((await cli('why', 'Person', byHand)).said).toMatch(/it is unlinked: by an operator/);
    expect(await cli('retry', 'CHATWOOT', 'Person', byHand, '--unlinked', '--wait')).toMatchObject({ code: 0 });
    expect((await status()).processes.CHATWOOT.Person.unlinked).toBe(0);
    const inChatwoot = Object.values((await under.control.state()).contacts).map(
      ({ custom_attributes }) => custom_attributes['ems_person_id'],
    );
    expect(inChatwoot).toHaveLength(new Set(inChatwoot).size);
  });

  test('one contact that an agent deletes unties its person, as ever', async () => {
    const { process: chatwoot } = under;
    const people = await threePersons();
    const [first] = people;
    await under.control.backdoor({ do: 'delete-contact', contact: first?.contact ?? 0 });
    expect(await chatwoot.poll()).toMatchObject({ ended: 'complete' });
    await chatwoot.quiet();
    expect(await statesOf(people)).toEqual(['UNLINKED', 'IN_SYNC', 'IN_SYNC']);
  });
});
