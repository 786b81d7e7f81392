import { InvalidArgumentError, type Command } from 'commander';

export interface TimeoutOptions {
  readonly timeout: number;
  readonly json?: true;
}

export interface WaitOptions extends TimeoutOptions {
  readonly wait?: true;
  /** Send also what our records say the target has. */
  readonly resend?: true;
}

/** Adds `--wait`, `--timeout` and `--json` to a command that starts work and may wait for it. */
export function addWaitOptions(command: Command, waits: string): Command {
  return addTimeout(command.option('--wait', waits));
}

/** Adds `--timeout` and `--json` to a command that waits in any case. */
export function addTimeout(command: Command): Command {
  return command.option('--timeout <seconds>', 'how long to wait', seconds, 120).option('--json', 'print JSON');
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > 86_400) throw new InvalidArgumentError('It is 1 to 86400 seconds.');
  return value;
}
