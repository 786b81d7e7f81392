import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { runCli } from '../clients/run-cli.ts';
import { runbook, type Step } from '../docs/runbook.ts';
import { ChatwootUnderTest } from './chatwoot-under-test.ts';

let under: ChatwootUnderTest;

beforeAll(async () => {
  // Schedules that the runbooks pause and resume must not start anything meanwhile.
  under = await ChatwootUnderTest.start({
    settings: { SYNC_CRON_CHATWOOT_INBOUND: '0 0 1 1 *', SYNC_CRON_CHATWOOT_OUTBOUND: '0 0 1 1 *' },
  });
  expect(await cli('schedules', 'apply')).toMatchObject({ code: 0 });
});

afterEach(() => under.system.tidyUp());

afterAll(async () => {
  await under?.stop();
});

async function cli(...args: readonly string[]) {
  const run = await runCli(args, under.system.environment);
  return { ...run, said: `${run.stdout}${run.stderr}` };
}

/** Runs a step as written and returns what a command printed. */
async function take(step: Step): Promise<{ readonly code: number | null; readonly said: string }> {
  if (step.kind === 'command') return cli(...step.args);
  await under.system.database.query(step.statement);
  return { code: 0, said: '' };
}

const titleOf = (step: Step) => (step.kind === 'command' ? step.args.join(' ') : step.statement);

/** The line of `check` about EMS's sequences. */
const sequencesIn = (said: string) => said.split('\n').find((line) => line.includes('EMS sequences')) ?? '';

async function isPaused(): Promise<boolean> {
  const listed: { paused: boolean }[] = JSON.parse((await cli('schedules', 'list', '--json')).stdout);
  return listed.every(({ paused }) => paused);
}

describe('runbooks of docs/operating.md, step by step', () => {
  test('Restore EMS’s database: the sequence is moved on, all is sent again, and nobody gets another’s id', async () => {
    const { system } = under;
    const { person, contact } = await under.personInStep();
    const lost = await under.personInStep();
    const [pause, check, setval, resend, ...goOn] = runbook("Restore EMS's database");
    if (pause === undefined || check === undefined || setval === undefined || resend === undefined) {
      throw new Error('the runbook lacks a step');
    }

    await take(pause);
    expect(await isPaused()).toBe(true);
    await system.stopWorkers();
    // The backup is from before the second person and before this edit, and does not contain our records.
    await system.database.query('DELETE FROM person WHERE id = $1', [lost.person]);
    await system.database.query(`SELECT setval('person_id_seq', ${person})`);
    await system.database.query(`UPDATE person SET last_name = 'Older' WHERE id = $1`, [person]);

    const checked = await take(check);
    expect(checked.code).toBe(1);
    const said = sequencesIn(checked.said);
    const [statement = ''] = /SELECT setval\([^;]*\);/.exec(said) ?? [];
    expect(said).toMatch(/FAILED EMS sequences: will give ids out again: person/);
    await system.database.query(statement);
    expect(sequencesIn((await take(check)).said)).toMatch(/^ok/);
    await take(setval);
    const next = await system.ems.person({ email: under.email() });
    expect(Number(next)).toBeGreaterThan(Number(lost.person));

    await take(resend);
    await system.startWorkers();
    for (const step of goOn) expect([titleOf(step), (await take(step)).code]).toEqual([titleOf(step), 0]);
    expect(await isPaused()).toBe(false);
    await under.process.settle();
    expect(await under.contact(contact)).toMatchObject({ name: 'Ana Older' });
    expect(await under.contactOf(next)).not.toBe(lost.contact);
    expect((await cli('status')).said).toMatch(/^in step/m);
  });

  test('An id that was given out again: adopt, then start-anew', async () => {
    const { system } = under;
    for (const decision of ['adopt', 'start-anew']) {
      const { person, contact } = await under.personInStep();
      await system.ems.delete('person', person);
      await system.ems.insert('person', { id: person, first_name: 'Rui', last_name: 'Melo', email: under.email() });
      await under.process.settle();
      const steps = runbook('An id that was given out again', { 4711: person });
      expect(steps.map(titleOf)).toEqual([
        `why Person ${person}`,
        `adopt Person ${person}`,
        `start-anew Person ${person}`,
      ]);
      const wanted = steps.filter((step) =>
        [`why Person ${person}`, `${decision} Person ${person}`].includes(titleOf(step)),
      );
      const [why, decided] = [await take(wanted[0] as Step), await take(wanted[1] as Step)];
      expect(why.said).toContain('id given out again');
      expect([decided.code, decided.said]).toEqual([0, expect.stringContaining('IN_SYNC')]);
      await under.process.settle();
      const own = await under.contactOf(person);
      expect(own === contact).toBe(decision === 'adopt');
      expect(await under.contact(own)).toMatchObject({
        name: 'Rui Melo',
        custom_attributes: { ems_person_id: person },
      });
    }
  });

  test('Restore a target: an account that is emptied for good is held, approved, and made anew', async () => {
    const people = [await under.personInStep(), await under.personInStep()];
    for (const id of Object.keys((await under.control.state()).contacts)) {
      await under.control.backdoor({ do: 'delete-contact', contact: Number(id) });
    }
    expect((await cli('sweep', 'CHATWOOT', 'inbound', '--wait')).said).toContain('held: HELD: ');
    const [{ id }] = JSON.parse((await cli('status', '--json')).stdout).held;
    const steps = runbook('Restore a target', { 'approve CHATWOOT 3': `approve CHATWOOT ${id}` });
    const [, ...ofChatwoot] = steps;
    expect(ofChatwoot.map(titleOf)).toEqual([
      `approve CHATWOOT ${id}`,
      'sweep CHATWOOT inbound --wait',
      'retry CHATWOOT Person --unlinked --wait',
      'status',
    ]);
    for (const step of ofChatwoot) {
      expect([titleOf(step), (await take(step)).code]).toEqual([titleOf(step), 0]);
      await under.process.quiet();
    }
    for (const { person } of people) {
      expect(await under.contact(await under.contactOf(person))).toMatchObject({
        custom_attributes: { ems_person_id: person },
      });
    }
  });

  test('Truncate and fill EMS’s tables: paused, nothing leaves; filled again, nothing has changed', async () => {
    const { system } = under;
    const { person, contact } = await under.personInStep();
    const { rows } = await system.database.query('SELECT * FROM person');
    const replace = { TAGSERVER: 'CHATWOOT' };
    for (const step of runbook("Truncate and fill EMS's tables", replace)) {
      const taken = await take(step);
      if (titleOf(step) !== 'check') expect([titleOf(step), taken.code]).toEqual([titleOf(step), 0]);
      else expect(sequencesIn(taken.said)).toMatch(/^ok/);
      if (step.kind !== 'sql') continue;
      expect(await isPaused()).toBe(true);
      for (const row of rows) {
        const columns = Object.keys(row);
        const values = columns.map((_, index) => `$${index + 1}`).join(', ');
        await system.database.query(
          `INSERT INTO person (${columns.join(', ')}) OVERRIDING SYSTEM VALUE VALUES (${values})`,
          Object.values(row),
        );
      }
    }
    await under.process.settle();
    expect(await under.contactOf(person)).toBe(contact);
    expect((await under.contact(contact))?.custom_attributes).not.toMatchObject({ ems_removed: true });
  });

  test('sync --resend sends what a restored target lacks', async () => {
    const { person, contact } = await under.personInStep();
    const [resend] = runbook('Restore a target', { TAGSERVER: 'CHATWOOT', 4711: person });
    await under.edit(contact, { custom_attributes: { ems_club: 'Other' } });
    expect((await take(resend as Step)).said).toContain('IN_SYNC');
  });
});
