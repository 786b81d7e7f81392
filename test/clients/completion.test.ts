import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { SHELLS } from '../../clients/cli/arguments.ts';
import { completionScript } from '../../clients/cli/completion.ts';
import { createProgram } from '../../clients/cli/program.ts';

/** What bash proposes for the last word. */
function proposed(...words: string[]): string[] {
  const script = `${completionScript(createProgram(), 'bash')}
COMP_WORDS=(ems-sync ${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length}
_ems_sync
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout.trim().split('\n');
}

describe('completion in bash', () => {
  test('commands, and their commands', () => {
    expect(proposed('st')).toEqual(['status', 'start-anew']);
    expect(proposed('schedules', 'pa')).toEqual(['pause']);
  });

  test('processes, types and options where the command takes them', () => {
    expect(proposed('sync', 'TAG')).toEqual(['TAGSERVER']);
    expect(proposed('sync', 'TAGSERVER', 'Pers')).toEqual(['Person']);
    expect(proposed('schedules', 'pause', 'MAU')).toEqual(['MAUTIC']);
    expect(proposed('failing', '--gr')).toEqual(['--group']);
    expect(proposed('sweep', 'TAGSERVER', 'out')).toEqual(['outbound']);
    expect(proposed('check', 'TAG')).toEqual(['']);
  });
});

test.each(SHELLS)('a script for %s names every command', (shell) => {
  const program = createProgram();
  const script = completionScript(program, shell);
  for (const command of program.commands) expect(script).toContain(command.name());
});
