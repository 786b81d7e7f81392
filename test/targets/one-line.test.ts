import { execFile } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startChatwoot, type StartedChatwoot } from '../../simulators/chatwoot/start.ts';
import { startMailchimp, type StartedMailchimp } from '../../simulators/mailchimp/start.ts';
import { startMautic, type StartedMautic } from '../../simulators/mautic/start.ts';
import { startTagServer, type StartedTagServer } from '../../simulators/tagserver/start.ts';
import { projectFolder } from '../../local/folders.ts';
import { copyProject } from '../project-copy.ts';

const run = promisify(execFile);

const { folder, remove } = copyProject('one-line');

let mailchimp: StartedMailchimp;
let mautic: StartedMautic;
let chatwoot: StartedChatwoot;
let tagServer: StartedTagServer;

beforeAll(async () => {
  cpSync(join(projectFolder, 'test', 'targets'), join(folder, 'test', 'targets'), { recursive: true });
  [mailchimp, mautic, chatwoot, tagServer] = await Promise.all([
    startMailchimp({ setup: { mergeFields: [{ tag: 'PHONE', type: 'text' }] } }),
    startMautic(),
    startChatwoot({ requestsPerMinute: 1_000_000, searchesPerMinute: 1_000_000 }),
    startTagServer(),
  ]);
});

afterEach(async () => {
  cpSync(join(projectFolder, 'targets'), join(folder, 'targets'), { recursive: true });
  await Promise.all([mailchimp, mautic, chatwoot, tagServer].map(({ control }) => control.reset()));
});

afterAll(async () => {
  await Promise.all([mailchimp, mautic, chatwoot, tagServer].map((simulator) => simulator.stop()));
  remove();
});

/** @throws Error unless the text occurs exactly once. */
function change(file: string, before: string, after: string): void {
  const path = join(folder, 'targets', file);
  const [head, ...tail] = readFileSync(path, 'utf8').split(before);
  if (head === undefined || tail.length !== 1) throw new Error(`${file} has ${tail.length} times: ${before}`);
  writeFileSync(path, [head, ...tail].join(after));
}

interface Outcome {
  readonly version: string;
  readonly created: readonly string[];
  readonly content: Readonly<Record<string, unknown>>;
  readonly stored: Readonly<Record<string, unknown>> | null;
  readonly failure: { readonly code: string; readonly field?: string } | null;
}

/** Sets the target up and sends it a person, using the copy's code. */
async function sendPerson(target: string, settings: Readonly<Record<string, string>>): Promise<Outcome> {
  const script = join(folder, 'test', 'targets', 'send-person.ts');
  const { stdout } = await run(process.execPath, [script, target, JSON.stringify(settings)]);
  return JSON.parse(stdout) as Outcome;
}

const mailchimpSettings = () => ({
  MAILCHIMP_URL: mailchimp.url,
  MAILCHIMP_API_KEY: mailchimp.key,
  MAILCHIMP_LIST_ID: mailchimp.list,
});
const sendToMailchimp = () => sendPerson('MAILCHIMP', mailchimpSettings());
const addMergeField = () =>
  change(
    'mailchimp/member-fields.ts',
    "  LNAME: merge({ tag: 'LNAME'",
    `  SEX: merge({ tag: 'SEX', label: 'Gender', type: 'text' }, persons.column('gender', TEXT)),
  LNAME: merge({ tag: 'LNAME'`,
  );
const heldByMailchimp = async () => Object.values((await mailchimp.control.state()).members)[0]?.mergeFields['SEX'];

describe('a merge field of MailChimp', () => {
  test('is set up, sent, read back, and judged again for every person, by one line', async () => {
    const before = await sendToMailchimp();
    expect(before).toMatchObject({ failure: null, stored: expect.not.objectContaining({ SEX: expect.anything() }) });
    addMergeField();
    const after = await sendToMailchimp();
    expect(after).toMatchObject({ failure: null, content: { SEX: 'F' }, stored: { SEX: 'F' } });
    expect(after.created).toEqual(['merge field SEX']);
    expect(after.version).not.toBe(before.version);
    expect(await heldByMailchimp()).toBe('F');
  });

  test('is compared: a value that MailChimp does not keep is told by its column', async () => {
    addMergeField();
    change(
      'mailchimp/member-body.ts',
      "canonicalForm(content[name]) ?? ''",
      "tag === 'SEX' ? 'M' : (canonicalForm(content[name]) ?? '')",
    );
    expect(await sendToMailchimp()).toMatchObject({ failure: { code: 'changed-value', field: 'gender' } });
  });

  test.each([
    ['its set-up', 'mailchimp/topics.ts', '...mergeFields.map(([, field]) => field)', ''],
    ['its part of the body', 'mailchimp/member-body.ts', 'sent.map(', "sent.filter(([name]) => name !== 'SEX').map("],
    [
      'its reading back',
      'mailchimp/read-member.ts',
      'mergeFields.map(',
      "mergeFields.filter(([name]) => name !== 'SEX').map(",
    ],
  ])('is missed without %s', async (_, file, before, after) => {
    addMergeField();
    change(file, before, after);
    const { stored, failure } = await sendToMailchimp();
    expect(failure === null && stored?.['SEX'] === 'F' && (await heldByMailchimp()) === 'F').toBe(false);
  });
});

const sendToMautic = () =>
  sendPerson('MAUTIC', {
    MAUTIC_URL: mautic.url,
    MAUTIC_USERNAME: mautic.username,
    MAUTIC_PASSWORD: mautic.password,
  });
const addCustomField = () =>
  change(
    'mautic/contact-fields.ts',
    "  ems_birth_date: field('ems_birth_date'",
    `  ems_gender: field('ems_gender', persons.column('gender', PLAIN), { label: 'EMS gender', type: 'text' }),
  ems_birth_date: field('ems_birth_date'`,
  );
const heldByMautic = async () => Object.values((await mautic.control.state()).contacts)[0]?.fields['ems_gender'];

describe('a custom field of Mautic', () => {
  test('is set up, sent, read back, and judged again for every person, by one line', async () => {
    const before = await sendToMautic();
    expect(before).toMatchObject({
      failure: null,
      stored: expect.not.objectContaining({ ems_gender: expect.anything() }),
    });
    addCustomField();
    const after = await sendToMautic();
    expect(after).toMatchObject({ failure: null, content: { ems_gender: 'F' }, stored: { ems_gender: 'F' } });
    expect(after.created).toEqual(['field ems_gender']);
    expect(after.version).not.toBe(before.version);
    expect(await heldByMautic()).toBe('F');
  });

  test('is compared: a value that Mautic does not keep is told by the name of the field', async () => {
    addCustomField();
    change(
      'mautic/contact-body.ts',
      '[alias, canonicalForm(content[name])]',
      "[alias, alias === 'ems_gender' ? 'M' : canonicalForm(content[name])]",
    );
    expect(await sendToMautic()).toMatchObject({ failure: { code: 'changed-value', field: 'ems_gender' } });
  });

  test.each([
    ['its set-up', 'mautic/shape.ts', ', ...CUSTOM_FIELDS]', ', ...CUSTOM_FIELDS.slice(1)]'],
    [
      'its part of the body',
      'mautic/contact-body.ts',
      'ALIASES.map(',
      "ALIASES.filter(([name]) => name !== 'ems_gender').map(",
    ],
    [
      'its reading back',
      'mautic/read-contact.ts',
      'ALIASES.map(',
      "ALIASES.filter(([name]) => name !== 'ems_gender').map(",
    ],
  ])('is missed without %s', async (_, file, before, after) => {
    addCustomField();
    change(file, before, after);
    const { stored, failure } = await sendToMautic();
    expect(failure === null && stored?.['ems_gender'] === 'F' && (await heldByMautic()) === 'F').toBe(false);
  });
});

describe('a custom attribute of ChatWoot', () => {
  test('is defined, sent and read back by one line', async () => {
    const settings = {
      CHATWOOT_URL: chatwoot.url,
      CHATWOOT_ACCOUNT_ID: '1',
      CHATWOOT_TOKEN: chatwoot.token,
      CHATWOOT_INBOX_ID: '1',
    };
    const before = await sendPerson('CHATWOOT', settings);
    await chatwoot.control.reset();
    change(
      'chatwoot/person-mapping.ts',
      "  ems_club: custom('ems_club'",
      "  ems_gender: custom('ems_gender', 'Gender', persons.column('gender', TEXT)),\n  ems_club: custom('ems_club'",
    );
    const after = await sendPerson('CHATWOOT', settings);
    expect(after).toMatchObject({ failure: null, content: { ems_gender: 'F' }, stored: { ems_gender: 'F' } });
    expect(after.version).not.toBe(before.version);
    const { contacts, definitions } = await chatwoot.control.state();
    expect(Object.values(contacts)[0]?.custom_attributes).toMatchObject({ ems_gender: 'F' });
    expect(Object.values(definitions)).toContainEqual(expect.objectContaining({ attribute_key: 'ems_gender' }));
  });
});

describe('a field of TagServer', () => {
  test('is sent and confirmed by one line, and by nothing else', async () => {
    const settings = { TAGSERVER_URL: tagServer.url, TAGSERVER_TOKEN: tagServer.token };
    const held = async () => (await tagServer.control.state()).persons['1']?.data;
    const before = await sendPerson('TAGSERVER', settings);
    expect(before).toMatchObject({ failure: null, content: { nationality: 'PT' } });
    expect(await held()).toMatchObject({ nationality: 'PT' });
    await tagServer.control.reset();
    change('tagserver/mapping.ts', "    nationality: persons.ems({}, persons.column('nationality', COUNTRY)),\n", '');
    const after = await sendPerson('TAGSERVER', settings);
    expect(Object.keys(after.content)).not.toContain('nationality');
    expect(await held()).not.toMatchObject({ nationality: 'PT' });
    expect(after.version).not.toBe(before.version);
  });
});
