const WORDS = ['unlink', 'erase', 'adopt', 'start-anew', 'relink'] as const;

/**
 * A command of an operator for one pair. `link:47`: link it to remote record 47. `unlink`: unlink it, for good. `erase`: delete
 * it for good at the target. `restore:12`: write the remote values that lost conflict 12 into EMS. `adopt`, `start-anew`: the row
 * is the one that was delivered under its id, or another one. `relink`: take an unlinked pair up again.
 */
export type PairCommand = (typeof WORDS)[number] | `link:${string}` | `restore:${string}`;

export function isPairCommand(request: string): request is PairCommand {
  return (
    (WORDS as readonly string[]).includes(request) || request.startsWith('link:') || request.startsWith('restore:')
  );
}
