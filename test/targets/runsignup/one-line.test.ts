import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { projectFolder } from '../../../local/folders.ts';
import { copyProject } from '../../project-copy.ts';

const { folder, remove } = copyProject('one-line');

/** Adds two fields with one line each: EMS's nationality as the middle name, its category as the giveaway. */
const LINES = [
  [
    'person-fields.ts',
    'firstName: persons.both(',
    "middle: persons.both(user('middle_name', 'line'), persons.editable('nationality', LINE)),",
  ],
  [
    'participant-fields.ts',
    'bib: participants.both(',
    "giveaway: participants.both(taken('giveaway', 'line'), participants.editable('registrationNo', LINE)),",
  ],
  [
    'race-fields.ts',
    'name: races.both(',
    "details: races.both(event('details', 'line'), races.editable('name', LINE)),",
  ],
  [
    'event-fields.ts',
    'name: events.both(',
    "about: events.both({ in: 'race', told: ['description'], taken: 'description' }, events.editable('city', LINE)),",
  ],
] as const;

beforeAll(() => {
  for (const [file, before, line] of LINES) {
    const path = join(folder, 'targets', 'runsignup', file);
    const text = readFileSync(path, 'utf8');
    expect(text.split(before)).toHaveLength(2);
    writeFileSync(path, text.replace(before, `${line}\n  ${before}`));
  }
});

afterAll(() => remove());

/** Runs a script in the changed project and returns its output. */
function run(script: string): unknown {
  const file = join(folder, 'one-line.ts');
  writeFileSync(file, script);
  return JSON.parse(execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' }));
}

const SETUP = `
import { startRunSignup } from '${join(projectFolder, 'simulators', 'runsignup', 'start.ts')}';
import { inboundColumns } from './targets/inbound-columns.ts';
import { runSignup } from './targets/runsignup/process.ts';

const simulator = await startRunSignup();
const target = runSignup.connect({
  RUNSIGNUP_URL: simulator.url, RUNSIGNUP_API_KEY: simulator.key, RUNSIGNUP_API_SECRET: simulator.secret,
  RUNSIGNUP_CALLS_PER_MINUTE: 60_000, RUNSIGNUP_WRITE_PERSONAL: true, RUNSIGNUP_CREATE_RACES: true,
  RUNSIGNUP_WRITE_CORRALS: false,
}, {});
const { raceId, eventIds: [eventId] } = await simulator.control.backdoor({
  do: 'create-race', race: { name: 'R' }, events: [{ name: '8K', start: '2099-06-07T08:30', distance: '8K' }],
});
const { registrationId, userId } = await simulator.control.backdoor({
  do: 'register', eventId, user: { account: false, firstName: 'Ana', lastName: 'Silva', email: 'ana@one.example' },
});
const registration = raceId + '/' + eventId + '/' + registrationId;
const ids = { Event: String(raceId), Race: raceId + '/' + eventId, Person: String(userId), EventParticipant: registration };
const references = new Map([['EventParticipant/1', registration]]);
const read = async (type) => (await target.inbound.fetch({ type, remoteId: ids[type] }, '1')).content;
const send = async (type, field, value) => {
  const content = { corrals: [], ...(await read(type)), [field]: value };
  const { stored } = await target.send({ type, key: '1', remoteId: ids[type], content, references, fencingToken: 1n, release: false });
  return stored[field];
};
const writes = async () => (await simulator.control.journal({ writesOnly: true })).filter(({ path }) => path.includes('/rest/')).length;
`;

test('a line more in each declaration is mapped, sent, read back and compared, and has its inbound column', () => {
  const answer = run(`${SETUP}
const fields = { Person: 'middle', EventParticipant: 'giveaway', Race: 'details', Event: 'about' };
const result = {};
for (const [type, field] of Object.entries(fields)) {
  const stored = await send(type, field, 'One line');
  const before = await writes();
  await send(type, field, 'One line');
  result[type] = { stored, read: (await read(type))[field], again: (await writes()) - before };
}
const columns = Object.fromEntries(inboundColumns([runSignup]));
const person = runSignup.process.mappings.find(({ type }) => type === 'Person');
const mapped = person.map({ lastName: 'Silva', nationality: ' PT ' }, { registrations: [] });
await simulator.stop();
console.log(JSON.stringify({ result, mapped: mapped.content.middle, person: columns.Person, event: columns.Event }));
`);
  const once = { stored: 'One line', read: 'One line', again: 0 };
  expect(answer).toEqual({
    result: { Person: once, EventParticipant: once, Race: once, Event: once },
    mapped: 'PT',
    person: expect.arrayContaining(['nationality']),
    event: expect.arrayContaining(['city']),
  });
});
