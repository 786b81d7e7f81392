import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { CommanderError } from 'commander';
import { parseOptions } from '../../demo/options.ts';

describe('options of the demo', () => {
  let told = '';
  beforeEach(() => {
    told = '';
    const keep = (text: unknown): boolean => {
      told += String(text);
      return true;
    };
    jest.spyOn(process.stderr, 'write').mockImplementation(keep);
    jest.spyOn(process.stdout, 'write').mockImplementation(keep);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** The error message for wrong use, on one line. */
  function refusal(...args: string[]): string {
    expect(() => parseOptions(args)).toThrow(CommanderError);
    return told.trim();
  }

  test('it stays up with 500 participants unless told otherwise', () => {
    expect(parseOptions([])).toMatchObject({
      once: false,
      size: 500,
      seed: 1,
      timeout: 1_200,
      only: ['TAGSERVER', 'MAUTIC', 'MAILCHIMP', 'RUNSIGNUP', 'CHATWOOT'],
      temporal: 'dev',
    });
  });

  test('every option is taken', () => {
    const args = [
      '--once',
      '--size',
      '10000',
      '--seed',
      '7',
      '--timeout',
      '60',
      '--only',
      'CHATWOOT,TAGSERVER,CHATWOOT',
    ];
    expect(parseOptions([...args, '--temporal', 'postgres'])).toMatchObject({
      once: true,
      size: 10_000,
      seed: 7,
      timeout: 60,
      only: ['CHATWOOT', 'TAGSERVER'],
      temporal: 'postgres',
    });
  });

  test.each(['0', '10001', '1.5', '-3', 'many', ''])('a size of "%s" is refused, with the limits', (size) => {
    expect(refusal(`--size=${size}`)).toContain('Give a whole number from 1 to 10000.');
  });

  test('an unknown process is named, with those that there are', () => {
    expect(refusal('--only', 'TAGSERVER,SALESFORCE')).toContain(
      'There is no process "SALESFORCE"; there is: TAGSERVER, MAUTIC, MAILCHIMP, RUNSIGNUP, CHATWOOT.',
    );
  });

  test('an empty list of processes is refused', () => {
    expect(refusal('--only=')).toContain(
      'There is no process ""; there is: TAGSERVER, MAUTIC, MAILCHIMP, RUNSIGNUP, CHATWOOT.',
    );
  });

  test('a Temporal server that this release cannot start is refused', () => {
    expect(refusal('--temporal', 'cassandra')).toContain('Allowed choices are dev, postgres.');
  });

  test('options and arguments that there are not are refused', () => {
    expect(refusal('--twice')).toContain("unknown option '--twice'");
    expect(refusal('now')).toContain('too many arguments');
  });

  test('--help tells every option, and is no wrong use', () => {
    expect(() => parseOptions(['--help'])).toThrow(expect.objectContaining({ exitCode: 0 }));
    for (const option of ['--once', '--size', '--only', '--seed', '--timeout', '--temporal'])
      expect(told).toContain(option);
  });
});
