import { describe, expect, test } from '@jest/globals';
import { conflictArgument, keysArgument, processArgument, remoteIdArgument } from '../../clients/cli/arguments.ts';
import { directionNamed, processesWith, processOf, typeNamed } from '../../clients/cli/names.ts';
import { SYNC_PROCESS_NAMES } from '../../sync/sync-process-name.ts';
import { tagServer } from '../../targets/tagserver/process.ts';

const { process } = tagServer;

describe('names on the command line', () => {
  test.each(['TAGSERVER', 'tagserver', 'TagServer'])('%s is the process', (name) => {
    expect(processArgument(name)).toBe('TAGSERVER');
  });

  test('every process that can be named has a target', () => {
    expect(SYNC_PROCESS_NAMES.map((name) => processOf(name).name)).toEqual(SYNC_PROCESS_NAMES);
  });

  test.each(['StartGroupParticipant', 'startgroupparticipant', 'start-group-participant', 'START_GROUP_PARTICIPANT'])(
    '%s is the type',
    (name) => {
      expect(typeNamed(name, [process])).toBe('StartGroupParticipant');
    },
  );

  test.each(['outbound', 'OUTBOUND', 'Outbound'])('%s is the direction', (name) => {
    expect(directionNamed(name, process)).toBe('outbound');
  });

  test('a type that no process has is unknown', () => {
    expect(() => typeNamed('ConversationMessage')).toThrow(/unknown type ConversationMessage.* one of .*Person/);
    expect(() => typeNamed('Conversation', [process])).toThrow(/unknown type Conversation of TAGSERVER/);
    expect(processesWith('Person').map(({ name }) => name)).toContain('TAGSERVER');
    expect(processesWith('ContactPreference').map(({ name }) => name)).toEqual(['MAUTIC', 'MAILCHIMP']);
  });

  test('ids are those of a bigint key, each once', () => {
    const ids = ['4711', '0004711', '9223372036854775807'];
    expect(ids.reduce<string[]>((before, id) => keysArgument(id, before), [])).toEqual(['4711', '9223372036854775807']);
    for (const id of ['0', '-1', '+1', '1.0', '1e3', '0x10', '', ' 1', '9223372036854775808', '٣']) {
      expect(() => keysArgument(id)).toThrow(/is not an id of an EMS row/);
    }
  });

  test('a conflict has a number, a remote id its own notation without blanks', () => {
    expect(conflictArgument('0012')).toBe('12');
    for (const id of ['0', 'x', '', '1.5'])
      expect(() => conflictArgument(id)).toThrow(/is not the number of a conflict/);
    for (const id of ['567@9', '567/12890/2645624', '47']) expect(remoteIdArgument(id)).toBe(id);
    for (const id of ['', ' ', '4 7', 'x'.repeat(201)])
      expect(() => remoteIdArgument(id)).toThrow(/is not an id of a remote record/);
  });
});
