import type { Command } from 'commander';
import { ENTITY_TYPES } from '../../sync/entity-type.ts';
import { SYNC_PROCESS_NAMES } from '../../sync/sync-process-name.ts';
import type { Shell } from './arguments.ts';

/** A command, with the words that may follow it. */
interface Completed {
  /** For example `schedules pause`. */
  readonly path: string;
  readonly words: readonly string[];
}

/** A script for the shell: commands, their options, processes and types. It needs no server. */
export function completionScript(program: Command, shell: Shell): string {
  const commands = completed(program, '');
  switch (shell) {
    case 'bash':
      return bash(commands);
    case 'zsh':
      return `#compdef ems-sync\nautoload -U +X bashcompinit && bashcompinit\n${bash(commands)}`;
    case 'fish':
      return fish(commands);
  }
}

function completed(command: Command, path: string): Completed[] {
  const options = command.options.flatMap(({ long }) => long ?? []);
  const takes = (name: string) => command.registeredArguments.some((argument) => argument.name() === name);
  const words = [
    ...command.commands.map((one) => one.name()),
    ...options,
    ...(takes('process') || options.includes('--process') ? SYNC_PROCESS_NAMES : []),
    ...(takes('type') || options.includes('--type') ? ENTITY_TYPES : []),
    ...(takes('direction') ? ['outbound', 'inbound'] : []),
  ];
  const below = command.commands.flatMap((one) => completed(one, path === '' ? one.name() : `${path} ${one.name()}`));
  return [{ path, words: [...words, '--help'] }, ...below];
}

function bash(commands: readonly Completed[]): string {
  const cases = commands
    .filter(({ path }) => path !== '')
    .map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`);
  return [
    '_ems_sync() {',
    '  local path="" word words',
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    '    case "$word" in -*) ;; *)',
    `      case " ${commands.map(({ path }) => path.replace(' ', '/')).join(' ')} " in`,
    '        *" ${path:+$path/}$word "*) path="${path:+$path/}$word" ;;',
    '      esac ;;',
    '    esac',
    '  done',
    '  case "${path/\\// }" in',
    ...cases,
    `    *) words='${commands[0]?.words.join(' ') ?? ''}' ;;`,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -F _ems_sync ems-sync',
    '',
  ].join('\n');
}

function fish(commands: readonly Completed[]): string {
  const lines = commands.map(({ path, words }) => {
    const when =
      path === ''
        ? '__fish_use_subcommand'
        : path
            .split(' ')
            .map((word) => `__fish_seen_subcommand_from ${word}`)
            .join('; and ');
    return `complete -c ems-sync -f -n '${when}' -a '${words.join(' ')}'`;
  });
  return `${lines.join('\n')}\n`;
}
